import type { Node } from "jsonc-parser";
import { utf8Text } from "../body-text.ts";
import { members, nodeValue, parseObject } from "../json-tree.ts";

/** Everything that the body of an update may hold; OpenSearch refuses what else there is. */
const names: ReadonlySet<string> = new Set([
	"doc",
	"doc_as_upsert",
	"upsert",
	"script",
	"scripted_upsert",
	"detect_noop",
	"_source",
	"if_seq_no",
	"if_primary_term",
]);

/** The stored document that an update is made for. */
export interface Version {
	seqNo: number;
	primaryTerm: number;
}

/** What an update says. */
export class UpdateBody {
	/** The body as it came. */
	readonly text: string;
	readonly #members: ReadonlyMap<string, Node>;

	private constructor(text: string, found: ReadonlyMap<string, Node>) {
		this.text = text;
		this.#members = found;
	}

	/** Undefined for what is no update: OpenSearch then says what is wrong with it. */
	static parse(bytes: Buffer): UpdateBody | undefined {
		const text = utf8Text(bytes);
		if (text === undefined) return undefined;
		const root = parseObject(text, { allowComments: false });
		const all = members(root);
		const found = new Map(all.map(({ name, value }) => [name, value]));
		const isUpdate =
			found.size === all.length &&
			all.every(({ name }) => names.has(name)) &&
			found.has("doc") !== found.has("script") &&
			["doc", "upsert"].every(
				(name) => !found.has(name) || found.get(name)?.type === "object",
			);
		return isUpdate ? new UpdateBody(text, found) : undefined;
	}

	/** The partial document, as a node of the text; undefined where a script is run. */
	get doc(): Node | undefined {
		return this.#members.get("doc");
	}

	get upsert(): Node | undefined {
		return this.#members.get("upsert");
	}

	get script(): Node | undefined {
		return this.#members.get("script");
	}

	/** Whether a document that is missing is made out of `doc`. */
	get docAsUpsert(): boolean {
		return this.doc !== undefined && this.#flag("doc_as_upsert", false);
	}

	/** Whether the script is also run on `upsert`. */
	get scriptedUpsert(): boolean {
		return this.script !== undefined && this.#flag("scripted_upsert", false);
	}

	get detectNoop(): boolean {
		return this.#flag("detect_noop", true);
	}

	/** Whether the client says which version of the document it means. */
	get isConditional(): boolean {
		return (
			this.#members.has("if_seq_no") || this.#members.has("if_primary_term")
		);
	}

	/** A member as JSON text. */
	json(name: string): string | undefined {
		const node = this.#members.get(name);
		return node && this.textOf(node);
	}

	/** A node of the body as JSON text. */
	textOf({ offset, length }: Node): string {
		return this.text.slice(offset, offset + length);
	}

	/**
	 * Another update in this one's place: the members that are given, JSON texts, and what is to be shown of the document. It
	 * is made for one version of the document, if any: that which is given, or the client's.
	 */
	with(
		replaced: Readonly<Record<string, string | undefined>>,
		{ shown, version }: { shown: string | undefined; version?: Version },
	): string {
		const all: Record<string, string | undefined> = {
			...replaced,
			_source: shown,
			if_seq_no: version ? String(version.seqNo) : this.json("if_seq_no"),
			if_primary_term: version
				? String(version.primaryTerm)
				: this.json("if_primary_term"),
		};
		const parts = Object.entries(all).flatMap(([name, json]) =>
			json === undefined ? [] : [`${JSON.stringify(name)}:${json}`],
		);
		return `{${parts.join(",")}}`;
	}

	/** OpenSearch takes the words for the values. */
	#flag(name: string, fallback: boolean): boolean {
		const node = this.#members.get(name);
		if (!node) return fallback;
		const value = nodeValue(this.text, node);
		return value === true || value === "true";
	}
}
