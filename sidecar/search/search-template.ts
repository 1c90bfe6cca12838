import type { Node } from "jsonc-parser";
import { bodyText } from "../../ingest/body-text.ts";
import { compact, member, parseLeading } from "../../ingest/json-tree.ts";
import { mayMakeConcerning } from "./search-signs.ts";

/** What a template's own flags say counts, whatever the search in it says. */
const flags = ["explain", "profile"];

/** The body of a `_search/template`. */
export class SearchTemplate {
	/**
	 * Whether it may make a search with something in it that is the sidecar's to do. What a stored one makes is not
	 * known before it is rendered.
	 */
	readonly mayConcern: boolean;
	readonly text: string;
	readonly #root: Node;

	private constructor(body: Buffer, text: string, root: Node) {
		this.mayConcern =
			member(root, "id") !== undefined || mayMakeConcerning(body);
		this.text = text;
		this.#root = root;
	}

	/** Undefined for what is no JSON object: OpenSearch says what is wrong with it. */
	static read(body: Buffer): SearchTemplate | undefined {
		const text = bodyText(body);
		const root = parseLeading(text);
		return root?.type === "object"
			? new SearchTemplate(body, text, root)
			: undefined;
	}

	/** A template that makes a search as it is, whatever tags it holds, for the same template's answer. */
	of(search: string): string {
		const kept = flags.flatMap((name) => {
			const value = member(this.#root, name);
			return value ? [`"${name}":${compact(this.text, value)}`] : [];
		});
		const members = [
			'"source":"{{{search}}}"',
			`"params":{"search":${JSON.stringify(search)}}`,
			...kept,
		];
		return `{${members.join(",")}}`;
	}
}
