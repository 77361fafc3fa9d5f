/** Variables that the wrapper below is told what to do with. */
export const GINKGO_FOLDER = 'REDFIRST_GINKGO_FOLDER';
export const GINKGO_SEED = 'REDFIRST_GINKGO_SEED';
export const GINKGO_TIMEOUT = 'REDFIRST_GINKGO_TIMEOUT';
export const GINKGO_SHUFFLE = 'REDFIRST_GINKGO_SHUFFLE';
export const GINKGO_FOCUS = 'REDFIRST_GINKGO_FOCUS';

/** A function that every binary has that imports ginkgo v2, and with it ginkgo's flags; Go keeps its name in all binaries. */
export const GINKGO_SYMBOL = 'github.com/onsi/ginkgo/v2.init.0';

/**
 * For `go test -exec`: starts each test binary, and gives ginkgo's flags to those that have them, each with a report of its
 * own. Ginkgo's flags break every other binary, and with one report for all packages the last one would be left.
 * `go test` splits this at blanks outside quotes and runs no shell of its own.
 */
export const GINKGO_EXEC = `sh -c '${[
  `if grep -qF ${GINKGO_SYMBOL} "$1"; then`,
  `set -- "$@" "-ginkgo.json-report=$${GINKGO_FOLDER}/$(pwd | cksum | tr " " -).json" "-ginkgo.seed=$${GINKGO_SEED}"`,
  `"-ginkgo.timeout=$${GINKGO_TIMEOUT}" "-ginkgo.randomize-all=$${GINKGO_SHUFFLE}";`,
  `if [ -n "$${GINKGO_FOCUS}" ]; then set -- "$@" "-ginkgo.focus=$${GINKGO_FOCUS}"; fi; fi;`,
  'exec "$@"',
].join(' ')}' sh`;
