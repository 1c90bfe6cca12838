import type { JsonObject } from "../../ingest/json.ts";
import type { ModelledPipeline, Random } from "./ingest-model.ts";

/** An index that random bulks write to. */
export interface ModelledIndex {
	name: string;
	/** The pipelines that its settings name. */
	first?: string;
	final?: string;
	/** Whether its documents are changed in any field: their pipeline embeds `text`, or there is none. */
	takesAllUpdates?: boolean;
	/** What should be in it, by id. */
	documents: Map<string, JsonObject>;
	/** By id; a deleted document's is kept, as OpenSearch keeps it. */
	versions: Map<string, number>;
}

export interface ModelledCluster {
	indices: readonly ModelledIndex[];
	pipelines: ReadonlyMap<string, ModelledPipeline>;
}

/** An item of a bulk, as it is sent. */
export interface RandomItem {
	operation: "index" | "create" | "update" | "delete";
	index: ModelledIndex;
	/** Undefined where OpenSearch is to find one. */
	id: string | undefined;
	/** Named in its line. */
	pipeline: string | undefined;
	/** Says that the document has to be one that it can't be. */
	conflicts: boolean;
	/** Its document, as it is sent; undefined for one that is broken off. */
	document: JsonObject | undefined;
	update: { doc: JsonObject; upsert?: JsonObject; asUpsert?: boolean };
	lines: string;
}

export interface RandomBulk {
	/** With its parameters. */
	path: string;
	pipeline: string | undefined;
	items: readonly RandomItem[];
	body: string;
}

const nouns = ["Cat", "dog", "red Wine", "train", "é😀", "quantum physics"];
const adjectives = ["a small", "the Old", "no", "some very\nold", "one"];

/** A bulk for a cluster: ids come again, some documents are bad, some wishes can't be met. */
export function randomBulk(
	{ indices, pipelines }: ModelledCluster,
	random: Random,
): RandomBulk {
	const one = <T>(values: readonly [T, ...T[]]): T =>
		values[Math.floor(random() * values.length)] ?? values[0];
	const often = (share: number) => random() < share;
	const anyIndex = () => indices[Math.floor(random() * indices.length)];
	// A document can't go through one pipeline twice: the first run takes away what the second one asks for.
	const finals = new Set(indices.map(({ final }) => final));
	const named = () =>
		one(["_none", ...[...pipelines.keys()].filter((id) => !finals.has(id))]);
	const text = () => `${one(["a", ...adjectives])} ${one(["b", ...nouns])}`;

	const makeDocument = (isGood: boolean): JsonObject => ({
		...(often(0.8) && {
			text: often(0.85)
				? text()
				: one<unknown>(isGood ? [null, "", " "] : [12, null, "", " "]),
		}),
		...(often(0.2) && { title: text() }),
		...(often(0.3) && {
			list: one<unknown>([
				[],
				[text(), text()],
				[text(), isGood || often(0.7) ? " " : null],
			]),
		}),
		...(often(0.3) && { o: often(0.7) ? { t: text(), k: 1 } : {} }),
		...(often(0.5) && { n: isGood || often(0.9) ? number() : "no number" }),
		...(often(0.1) && { skip: true }),
	});
	const number = () => Math.floor(random() * 5);

	const makeUpdate = (index: ModelledIndex, mayUpsert: boolean) => {
		if (!index.takesAllUpdates) return { doc: { n: number() } };
		const doc = { ...makeDocument(true), n: number() };
		if (!mayUpsert || often(0.5)) return { doc };
		return often(0.5)
			? { doc, asUpsert: true }
			: { doc, upsert: makeDocument(true) };
	};

	const home = often(0.5) ? anyIndex() : undefined;
	const pipeline = often(0.15) ? named() : undefined;
	const makeItem = (): RandomItem => {
		const operation = one([
			"index",
			"index",
			"index",
			"create",
			"update",
			"delete",
		] as const);
		const own = home && often(0.5) ? home : anyIndex();
		if (!own) throw new Error("no index to write to");
		const makesId =
			(operation === "index" || operation === "create") && often(0.3);
		const item: Omit<RandomItem, "lines"> = {
			operation,
			index: own,
			id: makesId ? undefined : `${Math.floor(random() * 15)}`,
			pipeline:
				(operation === "index" || operation === "create") && often(0.15)
					? named()
					: undefined,
			conflicts:
				(operation === "index" || operation === "delete") &&
				!makesId &&
				often(0.05),
			document: often(0.03) ? undefined : makeDocument(often(0.7)),
			update: makeUpdate(own, pipeline === undefined),
		};
		return { ...item, lines: linesOf(item, { home, often }) };
	};
	const items = Array.from(
		{ length: 1 + Math.floor(random() ** 2 * 80) },
		makeItem,
	);
	const parameters = [
		...(pipeline === undefined ? [] : [`pipeline=${pipeline}`]),
		...(often(0.2) ? ["refresh=true"] : []),
		...(often(0.2) ? ["timeout=60s"] : []),
	].join("&");
	return {
		path: `${home ? `/${home.name}` : ""}/_bulk${parameters && `?${parameters}`}`,
		pipeline,
		items,
		body: items.map(({ lines }) => (often(0.05) ? "\n" : "") + lines).join(""),
	};
}

function linesOf(
	item: Omit<RandomItem, "lines">,
	{
		home,
		often,
	}: { home: ModelledIndex | undefined; often: (share: number) => boolean },
): string {
	const { operation, index, id, pipeline, conflicts, document } = item;
	const lineBreak = often(0.1) ? "\r\n" : "\n";
	const action = {
		...((index !== home || often(0.3)) && { _index: index.name }),
		...(id !== undefined && { _id: id }),
		...(pipeline !== undefined && { pipeline }),
		...(conflicts && { if_seq_no: 1_000_000, if_primary_term: 1 }),
		...(often(0.1) && { routing: "a" }),
	};
	const actionLine = JSON.stringify({ [operation]: action }) + lineBreak;
	if (operation === "delete") return actionLine;
	if (operation === "update") {
		const { doc, upsert, asUpsert } = item.update;
		const update = {
			doc,
			...(upsert && { upsert }),
			...(asUpsert && { doc_as_upsert: true }),
		};
		return actionLine + JSON.stringify(update) + lineBreak;
	}
	const source = document ? JSON.stringify(document) : `{"text":"broken off`;
	return actionLine + source + lineBreak;
}
