import {
	type ClusterSettingName,
	ClusterSettingsSchema,
} from "../../schemas/cluster-settings.ts";
import type { SettingText } from "../../schemas/config.ts";
import { SidecarError } from "../errors.ts";
import {
	doubleText,
	notADouble,
	notANumber,
	parseDouble,
} from "../search/java-number.ts";
import { parseBytes, parseMemory } from "./byte-size.ts";

const { properties } = ClusterSettingsSchema;

/** Whether a name is that of a setting that the sidecar keeps for the cluster. */
export function isClusterSetting(name: string): name is ClusterSettingName {
	return Object.hasOwn(properties, name);
}

/** Why a setting can't be changed by the API; undefined where it can. */
export function fixedReason(
	name: ClusterSettingName,
	scope: string,
): string | undefined {
	const fixed: unknown = Reflect.get(properties[name], "fixed");
	if (fixed === undefined) return undefined;
	return fixed === "final"
		? `final ${scope} setting [${name}], not updateable`
		: `${scope} setting [${name}], not dynamically updateable`;
}

/** The default as OpenSearch writes it among its `defaults`. */
export function defaultText(name: ClusterSettingName): SettingText {
	const schema = properties[name];
	const value: unknown = Reflect.get(schema, "default");
	if (Array.isArray(value)) return value.map(String);
	if (schema.type === "number") return doubleText(Number(value));
	return Reflect.get(schema, "form") === "bytes" ? `${value}b` : String(value);
}

/**
 * The value that a text stands for, in the setting's own type.
 *
 * @throws SidecarError bad_request, with OpenSearch's own words
 */
export function parseSetting(
	name: ClusterSettingName,
	text: SettingText,
): unknown {
	const schema = properties[name];
	if (schema.type === "array")
		return typeof text === "string" ? splitList(text) : [...text];
	// As Java writes a list.
	const scalar = typeof text === "string" ? text : `[${text.join(", ")}]`;
	const form: unknown = Reflect.get(schema, "form");
	if (form === "bytes") return parseBytes(name, scalar);
	if (form === "memory") return parseMemory(name, scalar);
	if (schema.type === "boolean") return parseFlag(scalar);
	if (schema.type === "string") return scalar;
	return inRange(
		name,
		scalar,
		schema.type === "integer"
			? parseInteger(name, scalar)
			: parseDecimal(name, scalar),
	);
}

function splitList(text: string): string[] {
	return text === "" ? [] : text.split(",").map((part) => part.trim());
}

function parseFlag(text: string): boolean {
	if (text === "true" || text === "false") return text === "true";
	throw new SidecarError(
		"bad_request",
		`Failed to parse value [${text}] as only [true] or [false] are allowed.`,
	);
}

function parseInteger(name: ClusterSettingName, text: string): number {
	const wide = Reflect.get(properties[name], "wide") === true;
	const limit = wide ? 2n ** 63n : 2n ** 31n;
	const value = /^[+-]?\d+$/.test(text)
		? BigInt(text.replace(/^\+/, ""))
		: undefined;
	if (value === undefined || value < -limit || value >= limit)
		throw unparsable(name, text, notANumber(text));
	return Number(value);
}

function parseDecimal(name: ClusterSettingName, text: string): number {
	const value = parseDouble(text);
	// Java takes NaN and Infinity; no setting has a use for them.
	if (value === undefined || !Number.isFinite(value))
		throw unparsable(name, text, notADouble(text));
	return value;
}

function inRange(
	name: ClusterSettingName,
	text: string,
	value: number,
): number {
	const schema = properties[name];
	for (const [key, sign, outside] of [
		["minimum", ">=", (bound: number) => value < bound],
		["maximum", "<=", (bound: number) => value > bound],
	] as const) {
		const bound: unknown = Reflect.get(schema, key);
		if (typeof bound !== "number" || !outside(bound)) continue;
		const shown = schema.type === "number" ? bound.toFixed(1) : bound;
		throw new SidecarError(
			"bad_request",
			`Failed to parse value [${text}] for setting [${name}] must be ${sign} ${shown}`,
		);
	}
	return value;
}

/** What OpenSearch says of a text that is no number, with Java's reason. */
function unparsable(
	name: string,
	text: string,
	cause: SidecarError,
): SidecarError {
	const reason = `Failed to parse value [${text}] for setting [${name}]`;
	return new SidecarError("bad_request", reason, { cause });
}
