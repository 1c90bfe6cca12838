import type { Node } from "jsonc-parser";
import { utf8Text } from "../../ingest/body-text.ts";
import {
	compact,
	elements,
	hasDuplicates,
	member,
	members,
	parseObject,
} from "../../ingest/json-tree.ts";
import type { SettingText } from "../../schemas/config.ts";
import { doubleText } from "../search/java-number.ts";
import { membersJson } from "../search/raw-json.ts";
import { isClusterSetting } from "../services/cluster-setting-value.ts";
import { type ScopeChange, scopes } from "../services/settings-change.ts";

/** The body of `PUT _cluster/settings`, taken apart. */
export interface SplitSettings {
	/** What concerns the sidecar's settings. */
	change: Record<(typeof scopes)[number], ScopeChange>;
	/** A body of what concerns OpenSearch's; undefined where that is the client's own to the byte. */
	rest: string | undefined;
}

/**
 * A change of nothing in an OpenSearch that does not know these settings; it is refused where the caller may change
 * no settings, where the cluster is read-only and where parameters are wrong.
 */
export const probe = '{"persistent":{"plugins.ml_commons.*":null}}';

/**
 * Undefined for a body that does not concern the sidecar, and for one that OpenSearch has to refuse itself. Patterns
 * that reset are for both.
 */
export function splitSettings(body: Buffer): SplitSettings | undefined {
	const text = utf8Text(body);
	if (text === undefined) return undefined;
	const root = parseObject(text, { allowComments: true });
	if (!root || hasDuplicates(root)) return undefined;
	const change = { transient: new Map(), persistent: new Map() };
	const rest: string[] = [];
	let owned = false;
	for (const scope of scopes) {
		const object = member(root, scope);
		if (object && object.type !== "object") return undefined;
		const others = new Map<string, string>();
		for (const [name, node] of flat(object)) {
			const value = settingText(text, node);
			const own = value !== undefined && isClusterSetting(name);
			const pattern = value === null && name.endsWith("*");
			if (own || pattern) change[scope].set(name, value);
			if (!own) others.set(name, compact(text, node));
			owned ||= own;
		}
		if (others.size > 0)
			rest.push(`${JSON.stringify(scope)}:${membersJson(others)}`);
	}
	if (owned)
		return { change, rest: rest.length > 0 ? `{${rest.join(",")}}` : probe };
	const resets = scopes.some((scope) => change[scope].size > 0);
	return resets ? { change, rest: undefined } : undefined;
}

/** Names may be nested, dotted, or both; of two spellings of one name the last counts. */
function* flat(
	object: Node | undefined,
	prefix = "",
): Generator<[string, Node]> {
	for (const { name, value } of members(object)) {
		const path = `${prefix}${name}`;
		if (value.type === "object") yield* flat(value, `${path}.`);
		else yield [path, value];
	}
}

/** A value as OpenSearch keeps it; null resets, and undefined is for what it does not take. */
function settingText(text: string, node: Node): SettingText | null | undefined {
	if (node.type === "null") return null;
	if (node.type !== "array") return scalarText(text, node);
	const texts = elements(node).map((element) => scalarText(text, element));
	return texts.every((part) => part !== undefined) ? texts : undefined;
}

function scalarText(text: string, node: Node): string | undefined {
	if (node.type === "string" || node.type === "boolean")
		return String(node.value);
	if (node.type !== "number") return undefined;
	const written = text.slice(node.offset, node.offset + node.length);
	if (/^-?\d+$/.test(written)) return String(BigInt(written));
	return doubleText(Number(written));
}
