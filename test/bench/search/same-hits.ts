import { Type } from "typebox";
import { Value } from "typebox/value";
import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import type { LoadCall } from "../runtime/load.ts";
import { comparedSearches, hitsAsked } from "./plan.ts";
import type { SearchBench } from "./search-bench.ts";
import type { MakeSearch } from "./search-calls.ts";

/** What both sides have to find of a search, on average: the graphs in which neighbours are looked for are not the same. */
const leastShared = 0.8;

const Found = Type.Object({
	hits: Type.Object({ hits: Type.Array(Type.Object({ _id: Type.String() })) }),
});

/** How fast a wrong answer comes says nothing. @throws unless both sides find the same documents, but for a few */
export async function requireSameHits(
	{ servers, unused, report }: SearchBench,
	make: MakeSearch,
	precision: Precision,
): Promise<void> {
	const { ours, theirs } = servers;
	let shared = 0;
	for (const text of unused[precision].take(comparedSearches)) {
		const [a, b] = await Promise.all(
			[ours, theirs].map(({ contestant, models }) =>
				idsFound(contestant.url, make(text, models[precision])),
			),
		);
		shared += a?.filter((id) => b?.includes(id)).length ?? 0;
	}
	const share = shared / (comparedSearches * hitsAsked);
	const said = `both sides find ${(share * 100).toFixed(0)} % of the hits, ${precision}`;
	if (share < leastShared) throw new Error(`only ${said}`);
	report(said);
}

async function idsFound(
	url: string,
	{ path, body, method }: LoadCall,
): Promise<string[]> {
	const answer = await fetch(`${url}${path}`, {
		method,
		headers: { "content-type": "application/json" },
		...(body !== undefined && { body }),
	});
	const found = Value.Parse(Found, await answer.json());
	return found.hits.hits.map(({ _id }) => _id);
}
