import { EXIT, type Failure, fail, ok, type Result } from '../domain/failure.ts';
import type { Profile, SystemRequest, SystemUnderTest } from '../domain/profile.ts';

/** The system under test that is asked for, out of the profile's `systems` where it is a name; none where the environment is no cluster. */
export function resolveSystem(
  profile: Profile,
  system: SystemRequest | undefined,
): Result<SystemUnderTest | undefined> {
  if (system === undefined || !('systems' in profile)) return ok(undefined);
  if (typeof system !== 'string') return ok(system);
  const named = Object.hasOwn(profile.systems, system) ? profile.systems[system] : undefined;
  if (named !== undefined) return ok(named);
  const names = Object.keys(profile.systems);
  return fail<Failure>({
    reason: 'configuration-invalid',
    what: `profile ${profile.name} has no system ${JSON.stringify(system)}`,
    next:
      names.length === 0
        ? 'name it under `systems` in the profile'
        : `one of ${names.join(', ')}, or name it under \`systems\` in the profile`,
    exit: EXIT.usage,
  });
}
