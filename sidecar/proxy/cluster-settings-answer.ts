import { isObject, type JsonObject } from "../../ingest/json.ts";
import type { SettingText } from "../../schemas/config.ts";

type Texts = Readonly<Record<string, SettingText>>;

/** Settings by scope (`persistent`, `transient`, `defaults`) and name. */
export type Scopes = Readonly<Record<string, Texts>>;

/**
 * Puts settings into OpenSearch's answer, scope by scope: with `flat` as names with dots, sorted as OpenSearch sorts
 * them, otherwise as a tree.
 */
export function mergeSettings(
	answer: JsonObject,
	added: Scopes,
	flat: boolean,
): JsonObject {
	const merged = Object.entries(added).map(([scope, texts]) => {
		const there = isObject(answer[scope]) ? answer[scope] : {};
		return [scope, flat ? withNames(there, texts) : withTree(there, texts)];
	});
	return { ...answer, ...Object.fromEntries(merged) };
}

function withNames(there: JsonObject, texts: Texts): JsonObject {
	const all = Object.entries({ ...there, ...texts });
	return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function withTree(there: JsonObject, texts: Texts): JsonObject {
	const root = { ...there };
	for (const [name, text] of Object.entries(texts))
		put(root, name.split("."), text);
	return root;
}

/** Objects on the way are copied, so that the answer that is merged into stays as it was. */
function put(
	into: JsonObject,
	path: readonly string[],
	text: SettingText,
): void {
	const [name = "", ...rest] = path;
	if (rest.length === 0) {
		into[name] = text;
		return;
	}
	const present = into[name];
	const below = isObject(present) ? { ...present } : {};
	into[name] = below;
	put(below, rest, text);
}
