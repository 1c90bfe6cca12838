import type { Node } from "jsonc-parser";
import { bodyText } from "../../../ingest/body-text.ts";
import {
	elements,
	member,
	members,
	type Renderer,
	renderTree,
} from "../../../ingest/json-tree.ts";
import { SidecarError } from "../../errors.ts";
import type { BodyLanguage } from "./body-language.ts";
import { guardedRestore } from "./guarded-restore.ts";
import {
	type HiddenNames,
	namespace,
	templatePriority,
} from "./hidden-names.ts";
import {
	forbidden,
	missingExclusions,
	spelledOut,
} from "./index-expression.ts";
import { checkWords, type JsonText, readJson } from "./json-text.ts";
import { NameShape } from "./name-shape.ts";
import { nameSites, namesAt } from "./name-sites.ts";
import { checkPipeline } from "./pipeline-target.ts";
import { checkQueryText } from "./query-text.ts";
import { checkScript } from "./script-target.ts";
import { isSuspiciousForeign } from "./suspicion.ts";
import { checkTemplate } from "./template-text.ts";

/** Languages whose wildcards have to be seen: a body that can't be read is not sent. */
const mustBeRead: ReadonlySet<BodyLanguage> = new Set([
	"reindex",
	"restore",
	"index template",
]);

/**
 * The body that does not reach the sidecar's indices through a wildcard; undefined where it is the client's own.
 *
 * @throws SidecarError forbidden_index where it names one of them, bad_json where that can't be found out
 */
export function guardedJson(
	body: Buffer,
	language: BodyLanguage,
	names: HiddenNames,
): string | undefined {
	const text = bodyText(body);
	const empty = text.trim() === "";
	const json = readJson(empty ? "{}" : text);
	if (!json) {
		checkWords(text, names);
		if (mustBeRead.has(language))
			throw new SidecarError("bad_json", "the body is not valid JSON");
		return undefined;
	}
	const { root } = json;
	if (language === "stored script")
		checkScript(member(root, "script") ?? root, names);
	if (language === "search") checkSearch(root, names);
	else if (language === "template" || language === "stored script")
		checkTemplate(root, names);
	else if (language === "pipeline") checkPipeline(root, names);
	else if (language === "text") checkQueryText(root, names);
	else if (language === "index template") checkIndexTemplate(root, names);
	else if (language === "restore") return guardedRestore(json, names);
	else return guardedAdministration(json, language, names);
	return undefined;
}

function checkSearch(root: Node, names: HiddenNames): void {
	for (const site of nameSites(root, { query: true }))
		for (const { value } of namesAt(site))
			missingExclusions(String(value), names, { hidden: false });
	for (const query of wrapped(root)) {
		const body = Buffer.from(query, "base64");
		if (/^\s*[{[]/.test(bodyText(body))) guardedJson(body, "search", names);
		else if (isSuspiciousForeign(body, "search", names))
			throw forbidden("wrapper");
	}
}

/** The queries that stand in base64 in `wrapper` queries. */
function* wrapped(node: Node): Generator<string> {
	for (const { name, value } of members(node)) {
		const query: unknown = member(value, "query")?.value;
		if (name === "wrapper" && typeof query === "string") yield query;
	}
	for (const child of node.children ?? []) yield* wrapped(child);
}

/** A template of the same names and no lower priority would stand in for the sidecar's. */
function checkIndexTemplate(root: Node, names: HiddenNames): void {
	const priority = Number(member(root, "priority")?.value ?? 0);
	for (const { value } of elements(member(root, "index_patterns"))) {
		const pattern = String(value);
		const above =
			priority >= templatePriority &&
			NameShape.ofPattern(pattern).mayBegin(namespace);
		if (above || pattern.startsWith(namespace)) throw forbidden(pattern);
	}
	for (const site of nameSites(root, { query: false }))
		if (site.keys.at(-1) !== "index_patterns")
			for (const { value } of namesAt(site))
				missingExclusions(String(value), names, { hidden: false });
}

function guardedAdministration(
	{ text, root }: JsonText,
	language: BodyLanguage,
	names: HiddenNames,
): string | undefined {
	checkSearch(root, names);
	const script = member(root, "script");
	if (script) checkScript(script, names);
	const changed = new Map<Node, Renderer>();
	for (const { keys, value } of nameSites(root, { query: false })) {
		const expression = namesAt({ keys, value })
			.map((node) => String(node.value))
			.join(",");
		if (expression === "") continue;
		const missing = missingExclusions(expression, names, { hidden: false });
		if (missing === "") continue;
		if (language !== "reindex" || keys.join(".") !== "source.index")
			throw forbidden(expression);
		const guarded = spelledOut(expression) + missing;
		changed.set(value, () => JSON.stringify(guarded.split(",")));
	}
	return changed.size > 0 ? renderTree(text, root, changed) : undefined;
}
