import { TOKEN_VARIABLE } from '../process/process-group.ts';

export interface LauncherRequest {
  /** Absolute path of the real QEMU binary. */
  readonly binary: string;
  /** File that starts and ends of guests are appended to; see `guest-log.ts`. */
  readonly logPath: string;
  /** Folder for what QEMU writes to stderr, one file a guest. */
  readonly stderrDir: string;
  /** Signals from this process (redfirst itself) are the run's own. */
  readonly ownerPid: number;
  /** The run's token, for a guest whose test passed no environment on. */
  readonly token: string;
}

/**
 * The POSIX sh program that `REDFIRST_QEMU` names. It runs the real binary in its own process group, passes arguments,
 * stdin, stdout and stderr through, forwards TERM, INT and HUP, and ends with QEMU's exit status. Descriptors 3 to 5 reach
 * QEMU too; 6 to 9 are the launcher's own.
 *
 * It notes in the log when a guest starts and how it ends. QEMU names the sender of a TERM that it obeys
 * ("terminating on signal 15 from pid N", QEMU's `qemu_kill_report`); the sender is looked up at once, while it may still exist.
 */
export function launcherScript(request: LauncherRequest): string {
  return `#!/bin/sh
# Written by redfirst for one run: runs QEMU and notes in guests.log when a guest starts and how it ends.
binary=${quote(request.binary)}
log=${quote(request.logPath)}
errors=${quote(request.stderrDir)}/guest-$$.stderr
token=\${${TOKEN_VARIABLE}:-${request.token}}

note() { printf '%s\\n' "$*" >>"$log"; }

for argument in "$@"; do
  case $argument in
    -daemonize | --daemonize)
      echo 'redfirst: -daemonize takes the guest out of sight of the run; start QEMU in the background instead' >&2
      note "refused $$ -daemonize"
      exit 2
      ;;
  esac
done

# Field 22 of /proc/PID/stat, counted after the name in parentheses, which may hold anything: start in clock ticks.
ticks() {
  started=0
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
  set -- \${stat##*) }
  shift 19 && started=$1
}

guest= forwarded=- interrupted=
forward() {
  forwarded=$1 interrupted=1
  [ -z "$guest" ] || kill -s "$1" "$guest" 2>/dev/null
}
trap 'forward TERM' TERM
trap 'forward INT' INT
trap 'forward HUP' HUP

# A background command would get /dev/null as its stdin.
exec 9<&0
# A pipe of two descriptors: opened for both at first, since the open of one end alone waits for the other, which may never come.
mkfifo "$errors.pipe" || exit 70
exec 8<>"$errors.pipe" 7<"$errors.pipe" 6>"$errors.pipe" 8<&-
rm -f "$errors.pipe"
# It outlives every polite signal, so that QEMU's last words are kept; it ends when QEMU does.
(trap '' TERM INT HUP; exec tee -a "$errors" <&7 >&2 6>&- 7<&- 9<&-) &
tee=$!
"$binary" "$@" <&9 2>&6 6>&- 7<&- 9<&- &
guest=$!
exec 6>&- 7<&- 9<&-
ticks $$ && own=$started
ticks $guest
note "start $$ $own $guest $started"
[ "$forwarded" = - ] || kill -s "$forwarded" "$guest" 2>/dev/null

# A trap ends a wait early; a guest that was waited for already answers 127.
status=
while :; do
  interrupted=
  wait "$guest"
  answer=$?
  [ $answer -eq 127 ] && [ -n "$status" ] && break
  status=$answer
  [ -n "$interrupted" ] || break
done
# At once: a suite that fails for it may end, and take this program with it, any moment.
note "end $$ $own $guest $status $forwarded"
wait "$tee"

if [ -s "$errors" ]; then
  pid=$(sed -n 's/^[^ ]*: terminating on signal [0-9]* from pid \\([0-9]*\\).*/\\1/p' "$errors" | tail -n 1)
  if [ -n "$pid" ]; then
    if [ "$pid" = ${request.ownerPid} ] || [ "$pid" = $$ ]; then
      sender=ours
    elif tr '\\0' '\\n' 2>/dev/null <"/proc/$pid/environ" | grep -qxF "${TOKEN_VARIABLE}=$token"; then
      sender=ours
    elif [ -d "/proc/$pid" ]; then
      sender=foreign:$pid
    else
      sender=gone:$pid
    fi
    note "sender $$ $own $sender"
  fi
fi
exit "$status"
`;
}

/** One word of sh, whatever it holds. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
