import { fitsPattern } from "../../ingest/name-pattern.ts";
import type {
	SettingText,
	StoredClusterSettings,
} from "../../schemas/config.ts";
import { SidecarError } from "../errors.ts";
import {
	fixedReason,
	isClusterSetting,
	parseSetting,
} from "./cluster-setting-value.ts";

/** OpenSearch looks at the transient settings of a call first. */
export const scopes = ["transient", "persistent"] as const;

/** What a call sets in one scope: texts by name, and null for names and patterns that are reset. */
export type ScopeChange = ReadonlyMap<string, SettingText | null>;

/** What a call asks of the sidecar's own settings. */
export type SettingsChange = Readonly<
	Record<(typeof scopes)[number], ScopeChange>
>;

/** @throws SidecarError bad_setting, bad_request: what OpenSearch would say of the first wrong setting */
export function validateChange(change: SettingsChange): void {
	for (const scope of scopes)
		for (const [name, text] of [...change[scope]].sort(byName)) {
			if (!isClusterSetting(name)) continue;
			const fixed = fixedReason(name, scope);
			if (fixed !== undefined) throw new SidecarError("bad_setting", fixed);
			if (text !== null) parseSetting(name, text);
		}
}

/** Whether a change names a setting of the sidecar's, and does not only reset by patterns. */
export function namesSettings(change: SettingsChange): boolean {
	return scopes.some((scope) =>
		[...change[scope].keys()].some(isClusterSetting),
	);
}

/** What is set once a change is made; undefined where that changes nothing. */
export function changed(
	stored: StoredClusterSettings,
	change: SettingsChange,
): StoredClusterSettings | undefined {
	const next = {
		persistent: changedScope(stored.persistent, change.persistent),
		transient: changedScope(stored.transient, change.transient),
	};
	return JSON.stringify(next) === JSON.stringify(stored) ? undefined : next;
}

/** What a call has set, as OpenSearch names it in its answer: resets are not among it. */
export function settingsOf(change: SettingsChange): StoredClusterSettings {
	return {
		persistent: changedScope({}, change.persistent),
		transient: changedScope({}, change.transient),
	};
}

/** OpenSearch resets before it sets, whatever the order in the call. */
function changedScope(
	stored: Readonly<Record<string, SettingText>>,
	change: ScopeChange,
): Record<string, SettingText> {
	const resets = [...change].filter(([, text]) => text === null);
	const kept = Object.entries(stored).filter(
		([name]) => !resets.some(([pattern]) => matches(pattern, name)),
	);
	const set = [...change].flatMap(([name, text]) =>
		text === null ? [] : [[name, text] as const],
	);
	return Object.fromEntries([...kept, ...set].sort(byName));
}

/** Whether a name is meant by a name, or by a pattern in which `*` stands for anything. */
function matches(pattern: string, name: string): boolean {
	return pattern.endsWith("*") ? fitsPattern(name, pattern) : pattern === name;
}

function byName(
	[a]: readonly [string, unknown],
	[b]: readonly [string, unknown],
): number {
	return a < b ? -1 : Number(a > b);
}
