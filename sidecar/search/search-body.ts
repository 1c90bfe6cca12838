import { isUtf8 } from "node:buffer";
import type { Node } from "jsonc-parser";
import {
	member,
	parseObject,
	type Renderer,
	renderTree,
} from "../../ingest/json-tree.ts";
import { type NeuralClause, readNeuralClause } from "./neural-clause.ts";
import { queriesOfSearch } from "./query-walk.ts";

/** The body of a search that holds `neural` queries. */
export class SearchBody {
	readonly clauses: readonly NeuralClause[];
	readonly #text: string;
	readonly #root: Node;

	private constructor(
		text: string,
		root: Node,
		clauses: readonly NeuralClause[],
	) {
		this.#text = text;
		this.#root = root;
		this.clauses = clauses;
	}

	/**
	 * Undefined for a body without a `neural` query, and for what is no JSON object: OpenSearch then says what is
	 * wrong with it.
	 *
	 * @throws SidecarError for a `neural` query that is not valid
	 */
	static parse(body: Buffer): SearchBody | undefined {
		if (!mayHoldNeural(body) || !isUtf8(body)) return undefined;
		const text = body.toString("utf8");
		const root = parseObject(text, { allowComments: false });
		if (!root) return undefined;
		const clauses = [...queriesOfSearch(root)]
			.filter(({ name }) => name === "neural")
			.map(readNeuralClause);
		return clauses.length > 0 ? new SearchBody(text, root, clauses) : undefined;
	}

	/** How long the search may take, as it stands in the body; undefined where it is not there, or no value. */
	get timeout(): string | undefined {
		const value: unknown = member(this.#root, "timeout")?.value;
		return ["string", "number", "boolean"].includes(typeof value)
			? String(value)
			: undefined;
	}

	/** The body with every `neural` query as the `knn` query of its vector; vectors are JSON texts, by clause. */
	rewrite(vectors: readonly string[]): string {
		const renderers = new Map<Node, Renderer>();
		this.clauses.forEach((clause, index) => {
			const vector = vectors[index];
			if (vector === undefined)
				throw new RangeError(`no vector for clause ${index}`);
			clause.rewrite(vector, renderers);
		});
		return renderTree(this.#text, this.#root, renderers);
	}
}

/** Without parsing: the name must stand there, in plain letters or with a JSON escape among them. */
export function mayHoldNeural(body: Buffer): boolean {
	return body.includes("neural") || body.includes("\\u");
}
