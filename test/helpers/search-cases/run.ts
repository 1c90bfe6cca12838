import { valueAt } from "../../integration/conformance/json.ts";
import { lasting } from "../ingest-cases/lasting.ts";
import {
	type CaseAnswer,
	type CaseTarget,
	idOf,
	send,
} from "../ingest-cases/run.ts";
import type { SearchCase } from "./case.ts";
import { corpusCalls, corpusNames, type Encodings } from "./corpus.ts";

/** Members of answers to searches that tell of the run or of the cluster alone. */
const passing = [
	"took",
	"_seq_no",
	"_primary_term",
	"_scroll_id",
	"pit_id",
	"creation_time",
	"_node",
	"_shard",
	"failures",
];

/** What names in cases stand for. */
function namesFor({ prefix, models }: CaseTarget): Record<string, string> {
	const shared = corpusNames.map((name) => [name, `${prefix}-${name}`]);
	return { ...models, ...Object.fromEntries(shared) };
}

/** Makes what is there for all cases. @throws Error if a call fails */
export async function makeCorpus(
	target: CaseTarget,
	encodings: Encodings,
): Promise<void> {
	const names = namesFor(target);
	for (const call of corpusCalls(encodings)) {
		const { status, body } = await send(call, target, names);
		const text = JSON.stringify(body);
		if (call.path.startsWith("/_search/pipeline")) continue; // TEMPORARY
		if (status > 299 || text.includes('"errors":true'))
			throw new Error(`${call.path}: ${status} ${text}`);
	}
}

/** Makes a case's calls. @throws Error if a call that only leads up to others fails */
export async function runSearchCase(
	{ calls }: SearchCase,
	target: CaseTarget,
	number: number,
): Promise<CaseAnswer[]> {
	const names: Record<string, string> = {
		...namesFor(target),
		id: idOf(target, number),
	};
	const taken: Record<string, string> = {};
	const answers: CaseAnswer[] = [];
	for (const call of calls) {
		const answer = await send(call, target, { ...names, ...taken });
		const { status, body } = answer;
		if (!call.prepares)
			answers.push({
				status,
				body: withoutChance(lasting(body, names, passing)),
			});
		else if (status > 299)
			throw new Error(`${call.path}: ${status} ${JSON.stringify(body)}`);
		for (const [name, path] of Object.entries(call.takes ?? {}))
			taken[name] = String(valueAt(body, path));
	}
	return answers;
}

/**
 * Without lines and columns of bodies, which ids of models move; with lists in OpenSearch's order of chance in their own, and
 * without the empty `meta` that aggregations get where a query in them was rewritten, and the empty `profile` of hits that
 * were reranked.
 */
function withoutChance(body: unknown): unknown {
	return JSON.parse(JSON.stringify(body), (key, value) => {
		const text = JSON.stringify(value);
		if (key === "meta" && text === "{}") return undefined;
		if (key === "profile" && text === '{"shards":[]}') return undefined;
		return typeof value === "string" ? textWithoutChance(value) : value;
	});
}

function textWithoutChance(text: string): string {
	const sorted = (list: string) => list.split(/, ?/).sort().join(", ");
	return text
		.replace(/\[\d+:\d+\]/g, "[<place>]")
		.replace(/line: \d+, column: \d+/g, "<place>")
		.replace(/(?<=(?:allowed:|one of|algorithms:) \[)[^\]]*/g, sorted)
		.replace(/(?<=techniques are: ).*/, sorted);
}
