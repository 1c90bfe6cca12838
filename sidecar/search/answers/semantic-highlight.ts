import { getNodeValue, type Node } from "jsonc-parser";
import { isObject, type JsonObject } from "../../../ingest/json.ts";
import {
	elements,
	type Member,
	member,
	members,
	type Renderer,
} from "../../../ingest/json-tree.ts";
import { fitsPattern } from "../../../ingest/name-pattern.ts";
import type { SearchBody } from "../search-body.ts";
import { queryText } from "./query-text.ts";

/** The highlighter of neural-search. */
const semantic = "semantic";

/**
 * What OpenSearch is asked for instead: the field's whole text, from wherever it has it, with nothing marked. So whatever
 * `_source` shows, and however a field is named, its text is there to be marked in the answer.
 */
const wholeText = [
	'"type":"unified"',
	'"highlight_query":{"match_none":{}}',
	'"number_of_fragments":0',
	`"no_match_size":${2 ** 31 - 1}`,
];

/** Options of a field that would say something else about its text. */
const replaced = new Set([
	"type",
	"highlight_query",
	"number_of_fragments",
	"no_match_size",
	"boundary_chars",
	"boundary_max_scan",
	"boundary_scanner",
	"boundary_scanner_locale",
	"fragment_size",
	"fragmenter",
	"matched_fields",
	"order",
	"phrase_limit",
	"require_field_match",
]);

/** How a field's text is marked. */
export interface MarkedField {
	/** As the client wrote it; a model is named in it. */
	readonly options: JsonObject;
	readonly preTag: string;
	readonly postTag: string;
	/** What the sentences are compared with; empty where the query looks for nothing in words. */
	readonly text: string;
}

interface FieldRule {
	/** A field's name, or several by stars. */
	readonly pattern: string;
	/** Undefined: OpenSearch marks it. */
	readonly mark: ((field: string) => MarkedField) | undefined;
	readonly value: Node;
}

/** The fields of a search whose sentences a model marks. */
export class SemanticHighlight {
	readonly #rules: readonly FieldRule[];
	/** How the body is written for OpenSearch. */
	readonly renderers: ReadonlyMap<Node, Renderer>;
	/** Whether OpenSearch writes its marked texts as HTML. */
	readonly isHtml: boolean;

	private constructor(
		rules: readonly FieldRule[],
		options: { type: Node | undefined; isHtml: boolean },
	) {
		this.#rules = rules;
		this.isHtml = options.isHtml;
		const renderers = new Map<Node, Renderer>();
		for (const { mark, value } of rules)
			if (mark) renderers.set(value, renderField(value));
		if (options.type?.value === semantic)
			renderers.set(options.type, () => '"unified"');
		this.renderers = renderers;
	}

	/** Undefined for a body that asks for none. */
	static read(body: SearchBody): SemanticHighlight | undefined {
		const node = body.member("highlight");
		const highlight = body.value("highlight");
		if (!isObject(highlight)) return undefined;
		const query = body.value("query");
		const rules = fieldMembers(node).map(({ name, value }) =>
			ruleOf(name, value, { highlight, query }),
		);
		if (!rules.some(({ mark }) => mark)) return undefined;
		return new SemanticHighlight(rules, {
			type: member(node, "type"),
			isHtml: highlight.encoder === "html",
		});
	}

	/** How a field's text is marked; undefined where OpenSearch marks it. The last name that fits a field counts. */
	markedField(field: string): MarkedField | undefined {
		return this.#rules
			.findLast(({ pattern }) => fitsPattern(field, pattern))
			?.mark?.(field);
	}
}

/** Of an object, or of a list of objects where their order counts. */
function fieldMembers(highlight: Node | undefined): Member[] {
	return elements(member(highlight, "fields")).flatMap((fields) =>
		members(fields),
	);
}

function ruleOf(
	name: string,
	value: Node,
	{ highlight, query }: { highlight: JsonObject; query: unknown },
): FieldRule {
	const says = (option: string): unknown => {
		const said = member(value, option);
		return said && getNodeValue(said);
	};
	if ((says("type") ?? highlight.type) !== semantic)
		return { pattern: name, mark: undefined, value };
	const options = says("options") ?? highlight.options;
	const [preTag, postTag] = tagsOf(highlight);
	const asked = says("highlight_query") ?? highlight.highlight_query ?? query;
	return {
		pattern: name,
		value,
		mark: (field) => ({
			options: isObject(options) ? options : {},
			preTag: firstText(says("pre_tags")) ?? preTag,
			postTag: firstText(says("post_tags")) ?? postTag,
			text: queryText(asked, field),
		}),
	};
}

function tagsOf(highlight: JsonObject): [string, string] {
	const [pre, post] =
		highlight.tags_schema === "styled"
			? ['<em class="hlt1">', "</em>"]
			: ["<em>", "</em>"];
	return [
		firstText(highlight.pre_tags) ?? pre,
		firstText(highlight.post_tags) ?? post,
	];
}

function firstText(tags: unknown): string | undefined {
	const first: unknown = Array.isArray(tags) ? tags[0] : tags;
	return typeof first === "string" ? first : undefined;
}

function renderField(field: Node): Renderer {
	return (render) => {
		const own = members(field)
			.filter(({ name }) => !replaced.has(name))
			.map(({ node }) => render(node));
		return `{${[...own, ...wholeText].join(",")}}`;
	};
}
