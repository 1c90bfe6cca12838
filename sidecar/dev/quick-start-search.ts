import { Type } from "typebox";
import type { Hit } from "./hits-table.ts";
import { quickStartName } from "./quick-start-index.ts";
import type { SidecarClient } from "./sidecar-client.ts";

interface ExampleSearch {
	text: string;
	/** A word that has to be among the first hits: the sign that searching works. */
	expected?: string;
}

/** What the quick start searches for. */
export const exampleSearches: readonly ExampleSearch[] = [
	{ text: "someone who repairs water pipes", expected: "plumber" },
	{ text: "a tool doctors use to listen to your heart" },
	{ text: "a hot drink made from beans" },
];

/** A search for the user to begin with. */
export const suggestedSearch = "a chair on wheels for people who cannot walk";

/** Hits that a search shows. */
export const shownHits = 5;

/** A search body that asks for the nouns whose meaning is nearest to a text. */
export function neuralSearch({
	text,
	modelId,
}: {
	text: string;
	modelId: string;
}) {
	return {
		size: shownHits,
		_source: ["lemma", "gloss"],
		query: {
			neural: {
				gloss_embedding: {
					query_text: text,
					model_id: modelId,
					k: shownHits,
				},
			},
		},
	};
}

/** The nouns nearest to a text, best first. */
export async function searchNouns(
	client: SidecarClient,
	search: { text: string; modelId: string },
): Promise<Hit[]> {
	const { hits } = await client.read(
		{
			method: "POST",
			path: `/${quickStartName}/_search`,
			json: neuralSearch(search),
		},
		Type.Object({
			hits: Type.Object({
				hits: Type.Array(
					Type.Object({
						_score: Type.Number(),
						_source: Type.Object({
							lemma: Type.String(),
							gloss: Type.String(),
						}),
					}),
				),
			}),
		}),
	);
	return hits.hits.map((hit) => ({
		score: hit._score,
		word: hit._source.lemma,
		meaning: hit._source.gloss,
	}));
}

/** A command for a shell that runs a search without any of this code. */
export function curlCommand(
	url: string,
	search: { text: string; modelId: string },
): string {
	const body = JSON.stringify(neuralSearch(search)).replaceAll("'", "'\\''");
	return [
		`curl -s '${url}/${quickStartName}/_search?pretty'`,
		"-H 'content-type: application/json'",
		`-d '${body}'`,
	].join(" \\\n      ");
}
