import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordedCombinations } from "../helpers/hybrid-cases/combinations.ts";
import {
	makeHybridIndices,
	type Send,
} from "../helpers/hybrid-cases/documents.ts";
import { hybridRecordingFile } from "../helpers/hybrid-cases/recording.ts";
import {
	hybridCases,
	hybridTargets,
} from "../helpers/hybrid-cases/searches.ts";
import { peerVersion, startPeer } from "../helpers/peer.ts";

const prefix = "hybrid";
const text = { match: { title: "river bridge" } };
const place = { knn: { place: { vector: [0.5, 0.5, 0.5, 0.5], k: 10 } } };

/** Sub-queries of which each combination is recorded: index, its shards, hits of each sub-query. */
const combined = [
	{ name: "one shard", index: "one", shards: 1, queries: [text, place] },
	{ name: "three shards", index: "three", shards: 3, queries: [text, place] },
	{
		name: "one hit, and none",
		index: "one",
		shards: 1,
		queries: [{ term: { _id: "3" } }, { match: { title: "nothing" } }],
	},
	{
		name: "equal scores",
		index: "one",
		shards: 1,
		queries: [{ match_all: {} }, { term: { category: "c1" } }],
	},
];

/** What is compared of a search's answer: what a hit is, and not how long it took. */
const compared = [
	"hits.total",
	"hits.max_score",
	...["_index", "_id", "_score", "sort", "highlight", "matched_queries"].map(
		(member) => `hits.hits.${member}`,
	),
	"hits.hits.inner_hits",
	"aggregations",
];

async function record(url: string): Promise<unknown> {
	const send: Send = async (method, path, body) => {
		const answer = await fetch(url + path, {
			method,
			headers: { "content-type": "application/json" },
			...(body !== undefined && {
				body: typeof body === "string" ? body : JSON.stringify(body),
			}),
		});
		const answered = await answer.text();
		if (!answer.ok) throw new Error(`${method} ${path}: ${answered}`);
		return JSON.parse(answered);
	};
	await makeHybridIndices(send, prefix);
	for (const [number, { processor }] of recordedCombinations.entries())
		await send("PUT", `/_search/pipeline/combination-${number}`, {
			phase_results_processors: [processor],
		});
	return {
		source: `neural-search ${peerVersion}`,
		candidates: await recordCandidates(send),
		searches: await recordSearches(send),
	};
}

async function recordCandidates(send: Send): Promise<unknown[]> {
	const size = 10;
	const path = "filter_path=hits.hits._id,hits.hits._score,hits.hits.sort";
	const recorded: unknown[] = [];
	for (const { name, index, shards, queries } of combined) {
		const found: unknown[] = [];
		for (let shard = 0; shard < shards; shard++)
			found.push(
				await Promise.all(
					queries.map(async (query) => {
						const answer = await send(
							"POST",
							`/${prefix}-${index}/_search?${path}&preference=_shards:${shard}`,
							{ size, query, sort: ["_score", "_doc"] },
						);
						return hitsOf(answer).map((hit) => [
							hit._id,
							hit._score,
							hit.sort?.[1],
						]);
					}),
				),
			);
		const answers: Record<string, unknown> = {};
		for (const [number, { name }] of recordedCombinations.entries()) {
			const answer = await send(
				"POST",
				`/${prefix}-${index}/_search?${path}&search_pipeline=combination-${number}`,
				{ size: 100, query: { hybrid: { queries, pagination_depth: size } } },
			);
			answers[name] = hitsOf(answer).map(({ _id, _score }) => [_id, _score]);
		}
		recorded.push({ name, shards: found, combined: answers });
	}
	return recorded;
}

async function recordSearches(send: Send): Promise<Record<string, unknown>> {
	const recorded: Record<string, unknown> = {};
	for (const target of hybridTargets)
		for (const { name, body, parameters } of hybridCases) {
			const indices = target.map((index) => `${prefix}-${index}`).join(",");
			const query = new URLSearchParams({
				...parameters,
				search_pipeline: "combination-0",
				filter_path: compared.join(","),
			});
			recorded[`${target.join(",")} / ${name}`] = await send(
				"POST",
				`/${indices}/_search?${query}`,
				{ _source: false, ...body },
			);
		}
	return recorded;
}

interface Hit {
	_id: string;
	_score: number;
	sort?: unknown[];
}

function hitsOf(answer: unknown): Hit[] {
	// A `filter_path` leaves out what is empty.
	const { hits } = answer as { hits?: { hits?: Hit[] } };
	return hits?.hits ?? [];
}

const report = (line: string) => process.stderr.write(`${line}\n`);
const dataDir = await mkdtemp(join(tmpdir(), "ml-commons-hybrid-"));
try {
	const peer = await startPeer({ dataDir, report });
	try {
		const file = join(import.meta.dirname, "../fixtures", hybridRecordingFile);
		const recorded = await record(peer.url);
		await writeFile(file, `${JSON.stringify(recorded, undefined, "\t")}\n`);
	} finally {
		await peer.stop();
	}
} finally {
	await rm(dataDir, { recursive: true, force: true });
}
