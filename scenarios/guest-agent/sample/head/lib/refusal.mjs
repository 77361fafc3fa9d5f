/** The exit status that goes with each code of a refusal (README.md). */
export const EXIT_STATUS = {
  'internal-error': 1,
  'unknown-command': 2,
  'bad-usage': 2,
  'unknown-vm': 3,
  'already-exists': 4,
  'not-running': 4,
  'agent-not-connected': 4,
  'cluster-failed': 5,
  'timed-out': 6,
};

/** Something that vmtool does not do, with a documented code and a message for people. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
