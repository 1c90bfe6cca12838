import type { Node } from "jsonc-parser";
import { elements, member, members } from "../../../ingest/json-tree.ts";
import { exclusion, type HiddenNames, namespace } from "./hidden-names.ts";
import { forbidden, mayBeForbidden, spelledOut } from "./index-expression.ts";
import type { JsonText } from "./json-text.ts";
import { leadsIntoNamespace } from "./name-piece.ts";

/** Where indices are renamed: also what is the namespace once something is put behind it. */
const renamingExclusion = `-${namespace.slice(0, -1)}*`;

/**
 * The body of a restore that leaves the sidecar's indices out; undefined where it is the client's own. A restore that
 * names no indices restores all that the snapshot holds, one whose first name is an exclusion all but that.
 *
 * @throws SidecarError forbidden_index where it names one of them, or may give another index such a name
 */
export function guardedRestore(
	{ text, root }: JsonText,
	names: HiddenNames,
): string | undefined {
	const renames = checkRenames(root);
	const found = namesIn(member(root, "indices"));
	if (!found) return undefined;
	const reaches = found.map((name, place) =>
		name.startsWith("-") ? place === 0 : isReached(name, names),
	);
	if (!renames && !reaches.includes(true)) return undefined;
	const last = renames ? renamingExclusion : exclusion;
	const indices = `"indices":${JSON.stringify([...found, last])}`;
	const others = members(root)
		.filter(({ name }) => name !== "indices")
		.map(({ node }) => text.slice(node.offset, node.offset + node.length));
	return `{${[indices, ...others].join(",")}}`;
}

/** The names as OpenSearch takes them; undefined for what it refuses. A `+` before one has no meaning. */
function namesIn(node: Node | undefined): string[] | undefined {
	if (node && !["string", "array", "null"].includes(node.type))
		return undefined;
	const listed =
		node?.type === "string"
			? spelledOut(String(node.value)).split(",")
			: elements(node).map(({ value }) => String(value ?? ""));
	const means = listed.every((name) => name === "") ? ["_all"] : listed;
	return means.length === 1 && means[0] === "_all" ? ["*"] : means;
}

function isReached(expression: string, names: HiddenNames): boolean {
	const name = expression.replace(/^\+/, "");
	if (names.mean(name)) throw forbidden(expression);
	return name.includes("*") && names.matchedBy(name, true);
}

/** Whether indices are renamed. */
function checkRenames(root: Node): boolean {
	const value = (name: string) => String(member(root, name)?.value ?? "");
	for (const kind of ["rename", "rename_alias"]) {
		const replacement = value(`${kind}_replacement`);
		if (
			member(root, `${kind}_replacement`) &&
			leadsIntoNamespace({ pattern: value(`${kind}_pattern`), replacement })
		)
			throw mayBeForbidden(replacement);
	}
	return member(root, "rename_replacement") !== undefined;
}
