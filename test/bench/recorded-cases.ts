import type { Call } from "../helpers/ingest-cases/case.ts";
import { fingerprint } from "../helpers/ingest-cases/recording.ts";
import { casesOf } from "../helpers/recorded-cases.ts";
import { report } from "./recorded-file.ts";

/**
 * What comes of every case, by topic and name, with the fingerprint of what was sent.
 *
 * @throws AggregateError of the cases that could not be run
 */
export async function recordCases<
	Case extends { name: string; calls: readonly Call[] },
>(
	topics: readonly { name: string; cases: readonly Case[] }[],
	run: (one: Case, number: number) => Promise<object>,
): Promise<Record<string, object>> {
	const recorded: Record<string, object> = {};
	const failures: Error[] = [];
	for (const { name, one, number } of casesOf(topics))
		try {
			const outcome = await run(one, number);
			recorded[name] = { sent: fingerprint(one), ...outcome };
		} catch (cause) {
			failures.push(new Error(name, { cause }));
		}
	if (failures.length > 0) throw new AggregateError(failures);
	report(`Recorded ${Object.keys(recorded).length} cases.`);
	return recorded;
}
