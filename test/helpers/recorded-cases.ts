import type { Call } from "./ingest-cases/case.ts";
import type { IngestModel } from "./ingest-cases/models.ts";
import { fingerprint } from "./ingest-cases/recording.ts";

/** A case of a topic, by the name that it has among all of them. */
export interface NumberedCase<Case> {
	name: string;
	one: Case;
	/** From 0 on. */
	number: number;
}

/** The cases of all topics. @throws Error where two have one name */
export function casesOf<Case extends { name: string }>(
	topics: readonly { name: string; cases: readonly Case[] }[],
): NumberedCase<Case>[] {
	const cases = topics
		.flatMap((topic) =>
			topic.cases.map((one) => ({ name: `${topic.name} / ${one.name}`, one })),
		)
		.map((one, number) => ({ ...one, number }));
	const names = new Set<string>();
	for (const { name } of cases) {
		if (names.has(name)) throw new Error(`two cases are named ${name}`);
		names.add(name);
	}
	return cases;
}

/** What each case sends, as its fingerprint. */
export function fingerprintsOf(
	cases: readonly NumberedCase<{ calls: readonly Call[] }>[],
): Record<string, string> {
	return Object.fromEntries(
		cases.map(({ name, one }) => [name, fingerprint(one)]),
	);
}

/** Hashes of the models' archives. */
export function archivesOf(
	models: Readonly<Record<string, IngestModel>>,
): Record<string, string> {
	return Object.fromEntries(
		Object.entries(models).map(([name, { archive }]) => [name, archive.sha256]),
	);
}

/**
 * OpenSearch compiles 75 templates and scripts of a kind in five minutes unless it is told otherwise.
 *
 * @param rate such as `1000/1m`; null for its own
 */
export async function allowTemplates(
	url: string,
	rate: string | null,
): Promise<void> {
	const answer = await fetch(`${url}/_cluster/settings`, {
		method: "PUT",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({
			transient: { "script.context.template.max_compilations_rate": rate },
		}),
	});
	if (!answer.ok) throw new Error(await answer.text());
}
