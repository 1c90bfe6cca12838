import { differingAnswers } from "./differing-answers.ts";
import { differingErrors } from "./differing-errors.ts";

/** Calls (`topic / scenario / call`) that the sidecar answers in another way than ml-commons, and why. */
export const differences: ReadonlyMap<string, string> = new Map(
	Object.entries({ ...differingErrors, ...differingAnswers }).flatMap(
		([reason, scenarios]) =>
			Object.entries(scenarios).flatMap(([scenario, calls]) =>
				calls.map((call) => [`${scenario} / ${call}`, reason] as const),
			),
	),
);

/** Scenarios and calls whose answers are not settled yet; empty when all is done. */
export const pending: readonly string[] = [];
