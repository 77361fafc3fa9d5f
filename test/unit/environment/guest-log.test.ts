import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeLoss, parseGuestLog } from '../../../src/environment/guest-log.ts';

const START = 'start 100 5000 101 5001\n';
const loss = (...lines: string[]) => {
  const { guests, unreadable } = parseGuestLog(START + lines.map((line) => `${line}\n`).join(''));
  expect(unreadable).toEqual([]);
  expect(guests).toHaveLength(1);
  return guests.map(describeLoss)[0];
};

describe('parseGuestLog', () => {
  it('joins start, end and sender of one launcher', () => {
    const text = `${START}start 200 6000 201 6001\nend 100 5000 101 0 TERM\nsender 100 5000 foreign:77\n`;
    expect(parseGuestLog(text)).toEqual({
      guests: [
        {
          launcher: { pid: 100, startedAtTicks: 5000 },
          guest: { pid: 101, startedAtTicks: 5001 },
          end: { status: 0, forwarded: 'TERM', sender: { who: 'foreign', pid: 77 } },
        },
        { launcher: { pid: 200, startedAtTicks: 6000 }, guest: { pid: 201, startedAtTicks: 6001 } },
      ],
      unreadable: [],
    });
  });

  it('tells two launchers apart that had the same pid', () => {
    const { guests } = parseGuestLog(`${START}end 100 5000 101 0 -\nstart 100 9000 102 9001\n`);
    expect(guests.map(({ guest, end }) => [guest.pid, end?.status])).toEqual([
      [101, 0],
      [102, undefined],
    ]);
  });

  it('leaves an unfinished line out, and the end of a guest that began before', () => {
    expect(parseGuestLog('end 1 2 3 137 -\nsender 1 2 gone:5\nstart 100 50')).toEqual({ guests: [], unreadable: [] });
  });

  it('returns what nobody understands', () => {
    expect(parseGuestLog('start one\nrefused 7 -daemonize\nend 1 2 3 0 KILL\n').unreadable).toEqual([
      'start one',
      'end 1 2 3 0 KILL',
    ]);
  });

  it('never throws', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('start', 'end', 'sender', '1', '-', '\n', ' ', 'ours', 'foreign:9'),
    );
    fc.assert(
      fc.property(fc.array(line), (parts) => {
        for (const guest of parseGuestLog(parts.join('')).guests) describeLoss(guest);
      }),
    );
  });
});

describe('describeLoss', () => {
  it.each([
    ['it still runs', []],
    ['QMP quit', ['end 100 5000 101 0 -']],
    ['an exit of its own', ['end 100 5000 101 1 -']],
    ['TERM through the launcher', ['end 100 5000 101 0 TERM', 'sender 100 5000 ours']],
    ['TERM through the launcher before QEMU could handle it', ['end 100 5000 101 143 TERM']],
    ['TERM from a process of the run', ['end 100 5000 101 0 -', 'sender 100 5000 ours']],
    ['TERM to the whole group from one that is gone', ['end 100 5000 101 0 TERM', 'sender 100 5000 gone:9']],
  ])('is silent about %s', (_, lines) => {
    expect(loss(...lines)).toBeUndefined();
  });

  it.each([
    ['guest pid 101 was killed by SIGKILL', ['end 100 5000 101 137 -']],
    ['guest pid 101 was killed by SIGKILL', ['end 100 5000 101 137 TERM']],
    ['guest pid 101 was killed by SIGSEGV', ['end 100 5000 101 139 -']],
    ['guest pid 101 was killed by SIGABRT', ['end 100 5000 101 134 -']],
    ['guest pid 101 was killed by SIGTERM', ['end 100 5000 101 143 -']],
    ['guest pid 101 was killed by signal 64', ['end 100 5000 101 192 -']],
    [
      'guest pid 101 was ended by a signal from pid 9, which does not belong to this run',
      ['end 100 5000 101 0 -', 'sender 100 5000 foreign:9'],
    ],
    [
      'guest pid 101 was ended by a signal from pid 9, which does not belong to this run',
      ['end 100 5000 101 0 TERM', 'sender 100 5000 foreign:9'],
    ],
    [
      'guest pid 101 was ended by a signal from pid 9, which could not be identified any more; ' +
        'end a guest by QMP quit, or by TERM to the process that $REDFIRST_QEMU started',
      ['end 100 5000 101 0 -', 'sender 100 5000 gone:9'],
    ],
  ])('says: %s', (said, lines) => {
    expect(loss(...lines)).toBe(said);
  });
});
