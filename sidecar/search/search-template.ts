import type { Node } from "jsonc-parser";
import { bodyText } from "../../ingest/body-text.ts";
import { compact, member, parseLeading } from "../../ingest/json-tree.ts";
import { mayConcern } from "./search-body.ts";

/** What a template's own flags say counts, whatever the search in it says. */
const flags = ["explain", "profile"];

/** The body of a `_search/template`. */
export class SearchTemplate {
	readonly text: string;
	readonly #root: Node;

	private constructor(text: string, root: Node) {
		this.text = text;
		this.#root = root;
	}

	/** Undefined for what is no JSON object: OpenSearch says what is wrong with it. */
	static read(body: Buffer): SearchTemplate | undefined {
		const text = bodyText(body);
		const root = parseLeading(text);
		return root?.type === "object" ? new SearchTemplate(text, root) : undefined;
	}

	/**
	 * Whether it may make a search with something in it that is the sidecar's to do. What a stored one makes is not
	 * known before it is rendered.
	 */
	get mayConcern(): boolean {
		return (
			member(this.#root, "id") !== undefined ||
			mayConcern(Buffer.from(this.text))
		);
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
