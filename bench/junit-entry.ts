export { parseJunit } from '../src/suite/junit/parse-junit.ts';
export { readJunit, toObservation } from '../src/suite/junit/read-junit.ts';
