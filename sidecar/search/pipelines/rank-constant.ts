import { illegal } from "../../../ingest/invalid-definition.ts";
import { javaInteger } from "../../../ingest/processors/definition-options.ts";

const [least, most] = [1, 10_000];

/** What reciprocal ranks are softened by, where a pipeline does not say it. */
const otherwise = 60;

/** @throws InvalidDefinition for what is no whole number, or out of range */
export function readRankConstant(value: unknown): number {
	if (value === undefined) return otherwise;
	const constant = Array.isArray(value) ? undefined : javaInteger(value);
	if (constant === undefined)
		throw illegal("parameter [rank_constant] must be an integer");
	if (constant < least || constant > most)
		throw illegal(
			`rank constant must be in the interval between ${least} and ${most}, submitted rank constant: ${constant}`,
		);
	return constant;
}
