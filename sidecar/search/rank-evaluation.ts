import type { Node } from "jsonc-parser";
import { bodyText } from "../../ingest/body-text.ts";
import {
	compact,
	elements,
	isTooDeep,
	listRenderer,
	member,
	members,
	parseLeading,
	type Renderer,
	renderTree,
} from "../../ingest/json-tree.ts";
import { SearchTemplate } from "./search-template.ts";

/** A search of a `_rank_eval`: as it stands there, or as a template that may make one that is the sidecar's to rewrite. */
export type RatedSearch =
	| { readonly search: string }
	| { readonly template: SearchTemplate | undefined };

/** The body of a `_rank_eval`: searches with ratings of what they should find. */
export class RankEvaluation {
	readonly #text: string;
	readonly #root: Node;

	private constructor(text: string, root: Node) {
		this.#text = text;
		this.#root = root;
	}

	/** Undefined for what is no JSON object, or too deep a one: OpenSearch says what is wrong with it. */
	static read(body: Buffer): RankEvaluation | undefined {
		const text = bodyText(body);
		const root = parseLeading(text);
		if (root?.type !== "object" || isTooDeep(root)) return undefined;
		return new RankEvaluation(text, root);
	}

	get searches(): readonly RatedSearch[] {
		const templates = this.#templates();
		return this.#rated.map((rated): RatedSearch => {
			const search = member(rated, "request");
			if (search) return { search: compact(this.#text, search) };
			const name: unknown = member(rated, "template_id")?.value;
			const template = templates.get(String(name)) ?? [];
			const params = member(rated, "params");
			const given = params ? [`"params":${compact(this.#text, params)}`] : [];
			const made = `{${[...template, ...given].join(",")}}`;
			const read = SearchTemplate.read(Buffer.from(made));
			return { template: read?.mayConcern ? read : undefined };
		});
	}

	/** The same with other searches, JSON, in the places of some; all else stays to the byte. */
	render(searches: ReadonlyMap<number, string>): string {
		const renderers = new Map<Node, Renderer>();
		for (const [place, rated] of this.#rated.entries()) {
			const search = searches.get(place);
			if (search === undefined) continue;
			const own = member(rated, "request");
			if (own) renderers.set(own, () => search);
			else
				renderers.set(
					rated,
					listRenderer(this.#text, rated, {
						without: namedIn(rated, ["template_id", "params"]),
						added: `"request":${search}`,
					}),
				);
		}
		return renderTree(this.#text, this.#root, renderers);
	}

	get #rated(): readonly Node[] {
		return elements(member(this.#root, "requests"));
	}

	/** What says which template it is, as members of a `_render/template`, by the names of the templates. */
	#templates(): Map<string, string[]> {
		return new Map(
			elements(member(this.#root, "templates")).map((named) => [
				String(member(named, "id")?.value),
				members(member(named, "template"))
					.filter(({ name }) => name === "source" || name === "id")
					.map(({ node }) => compact(this.#text, node)),
			]),
		);
	}
}

function namedIn(object: Node, names: readonly string[]): Set<Node> {
	const named = members(object).filter(({ name }) => names.includes(name));
	return new Set(named.map(({ node }) => node));
}
