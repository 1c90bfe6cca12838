import { getNodeValue, type Node } from "jsonc-parser";
import { bodyText } from "../../../ingest/body-text.ts";
import { elements, member, members } from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import { guardedJson } from "./guarded-json.ts";
import type { HiddenNames } from "./hidden-names.ts";
import { readJson } from "./json-text.ts";
import { nameSites, namesAt } from "./name-sites.ts";

/** The search that OpenSearch makes of a search template; undefined where it makes none. */
export type RenderTemplate = (template: string) => Promise<string | undefined>;

/** Where there is no OpenSearch to ask, no template may need it. */
export const neverRendered: RenderTemplate = () => {
	throw new SidecarError("internal", "a search template can't be rendered");
};

/** Tags that put in more than a value within a string: sections, partials, delimiters, and what is not escaped. */
const structural = /\{\{\s*[#^>={&]/;
const tag = /\{\{.*?\}\}/gs;

/** Stands for a tag: a number, which may be the whole of a value or a part of a string. */
const mark = "8364019275";

/**
 * Checks the search that a search template makes with its parameters, which may put a name together out of pieces.
 *
 * @throws SidecarError forbidden_index where it names one of the sidecar's indices
 */
export async function checkRendered(
	template: Buffer,
	names: HiddenNames,
	render: RenderTemplate,
): Promise<void> {
	const text = bodyText(template);
	const json = readJson(text);
	if (json && !mayPutNamesTogether(json.root)) return;
	const search = await render(text);
	if (search !== undefined) guardedJson(Buffer.from(search), "search", names);
}

/** A stored template is not known here. */
function mayPutNamesTogether(root: Node): boolean {
	return (
		member(root, "id") !== undefined ||
		elements(member(root, "source")).some(hasTagInName)
	);
}

function hasTagInName(source: Node): boolean {
	const text =
		typeof source.value === "string"
			? source.value
			: JSON.stringify(getNodeValue(source));
	if (!text.includes("{{")) return false;
	if (structural.test(text)) return true;
	const marked = readJson(text.replaceAll(tag, mark));
	if (!marked) return true;
	const named = [...nameSites(marked.root, { query: true })].flatMap(namesAt);
	return (
		named.some(({ value }) => String(value).includes(mark)) ||
		hasTagInKey(marked.root)
	);
}

/** Also where a query is written in base64. */
function hasTagInKey(node: Node): boolean {
	return (
		members(node).some(
			({ name }) => name.includes(mark) || name === "wrapper",
		) || (node.children ?? []).some(hasTagInKey)
	);
}
