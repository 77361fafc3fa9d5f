import { EXIT, type Failure } from '../../domain/failure.ts';

/** What an API server refused, or did not answer. @param next where there is more to say than that the cluster wants looking at */
export function clusterFailure(what: string, next = 'look at the cluster with kubectl'): Failure {
  return { reason: 'environment-failed', what, next, exit: EXIT.environment };
}
