import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import {
	type ClusterSettingName,
	ClusterSettingsSchema,
} from "../../schemas/cluster-settings.ts";
import { SettingText } from "../../schemas/config.ts";
import { splitSettings } from "../../sidecar/proxy/cluster-settings-body.ts";
import {
	defaultText,
	isClusterSetting,
	parseSetting,
} from "../../sidecar/services/cluster-setting-value.ts";
import {
	changed,
	type SettingsChange,
	validateChange,
} from "../../sidecar/services/settings-change.ts";
import { readFixture } from "../helpers/fixture.ts";

const recorded = readFixture(
	"ml-commons/cluster-settings.json",
	Type.Object({
		defaults: Type.Record(Type.String(), SettingText),
		values: Type.Record(
			Type.String(),
			Type.Record(Type.String(), Type.String()),
		),
	}),
);
const names = Object.keys(ClusterSettingsSchema.properties).filter(
	isClusterSetting,
);

describe("the settings of ml-commons and neural-search", () => {
	it("are all there, with the defaults that clients know", () => {
		const ours = Object.fromEntries(
			names.map((name) => [name, defaultText(name)]),
		);
		expect(ours).toEqual({
			...recorded.defaults,
			// Decided: an upload is no danger to a process of its own.
			"plugins.ml_commons.allow_registering_model_via_local_file": "true",
		});
	});

	it.each(names)("%s has a default that its own type takes", (name) => {
		const value: unknown = Reflect.get(
			ClusterSettingsSchema.properties[name],
			"default",
		);
		expect(parseSetting(name, defaultText(name))).toEqual(value);
	});

	it.each(
		Object.entries(recorded.values).flatMap(([name, outcomes]) =>
			Object.entries(outcomes).map(([value, outcome]) => ({
				name,
				value,
				outcome,
			})),
		),
	)("$name = $value is taken or refused in ml-commons' words", (recording) => {
		const { name, value, outcome } = recording;
		const body = `{"persistent":{"${name}":${value}}}`;
		expect(outcomeOf(body)).toBe(outcome);
	});

	it.each([
		["plugins.ml_commons.disk_free_space_threshold", "5gb", 5 * 2 ** 30],
		["plugins.ml_commons.disk_free_space_threshold", "-1", -1],
		["plugins.ml_commons.disk_free_space_threshold", "7 KB", 7_168],
		["plugins.ml_commons.max_model_on_node", "+5", 5],
		["plugins.ml_commons.model_auto_redeploy_success_ratio", ".5", 0.5],
		["plugins.ml_commons.exclude_nodes._name", ["a", "b"], "[a, b]"],
		[
			"plugins.ml_commons.task_dispatcher.eligible_node_role.local_model",
			"data, ml",
			["data", "ml"],
		],
	] as const)("%s: %j is read as %j", (name, text, value) => {
		expect(
			parseSetting(name, typeof text === "string" ? text : [...text]),
		).toEqual(value);
	});

	it.each(["NaN", "Infinity", "1e999"])("%s is no ratio", (text) => {
		expect(() =>
			parseSetting("plugins.neural_search.circuit_breaker.overhead", text),
		).toThrow("Failed to parse value");
	});
});

describe("a change", () => {
	const one = "plugins.ml_commons.max_model_on_node";
	const two = "plugins.ml_commons.safe_delete_model";
	const three = "plugins.neural_search.stats_enabled";
	const stored = {
		persistent: { [one]: "5", [two]: "true", [three]: "true" },
		transient: {},
	};

	function persistent(
		...settings: [string, SettingText | null][]
	): SettingsChange {
		return { persistent: new Map(settings), transient: new Map() };
	}

	it.each([
		["plugins.ml_commons.*", [three]],
		["plugins.*", []],
		["*", []],
		["plugins.*.max_*", [two, three]],
		["plugins.*_commons.*_delete*", [one, three]],
		["plugins.ml_commons.max_model_on_node", [two, three]],
		["plugins.ml_commons.*node", [one, two, three]],
	])("resets what %s means, and nothing else", (pattern, left) => {
		const after = changed(stored, persistent([pattern, null])) ?? stored;
		expect(Object.keys(after.persistent).sort()).toEqual(left.sort());
	});

	it("resets before it sets", () => {
		const change = persistent([one, "7"], ["plugins.ml_commons.*", null]);
		expect(changed(stored, change)?.persistent).toEqual({
			[one]: "7",
			[three]: "true",
		});
	});

	it("that changes nothing is none", () => {
		expect(changed(stored, persistent([one, "5"]))).toBeUndefined();
		expect(changed(stored, persistent(["x.*", null]))).toBeUndefined();
	});

	it("is judged by its first wrong setting, transient ones first", () => {
		const change = {
			persistent: new Map([[one, "-1"]]),
			transient: new Map([[two, "yes"]]),
		};
		expect(() => validateChange(change)).toThrow("Failed to parse value [yes]");
	});
});

/** `taken`, or why it is refused. */
function outcomeOf(body: string): string {
	const split = splitSettings(Buffer.from(body));
	if (!split) return "not ours";
	try {
		validateChange(split.change);
		return "taken";
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

describe("the README", () => {
	const readme = readFileSync(
		join(import.meta.dirname, "../../README.md"),
		"utf8",
	).split("\n");
	const declared = (name: ClusterSettingName, key: string): unknown =>
		Reflect.get(ClusterSettingsSchema.properties[name], key);

	it("has every cluster setting that means something here, with default, values and meaning", () => {
		const rows = readme.filter((line) => line.startsWith("| `plugins."));
		expect(rows).toEqual(
			names
				.filter((name) => declared(name, "effect") !== undefined)
				.map(
					(name) =>
						`| \`${name}\` | ${code(defaultText(name))} | ${values(name)} | ${declared(name, "effect")} |`,
				),
		);
	});

	it("names every other one, and those that can't be changed", () => {
		const listed = (start: string) =>
			readme.find((line) => line.startsWith(start));
		const others = names.filter(
			(name) => declared(name, "effect") === undefined,
		);
		const fixed = (name: ClusterSettingName) =>
			declared(name, "fixed") !== undefined;
		expect(listed("Taken, kept and shown, without an effect")).toBe(
			`Taken, kept and shown, without an effect: ${others
				.filter((name) => !fixed(name))
				.map(code)
				.join(", ")}.`,
		);
		expect(listed("Shown, and not to be changed")).toBe(
			`Shown, and not to be changed, as in ml-commons: ${others.filter(fixed).map(code).join(", ")}.`,
		);
	});

	function values(name: ClusterSettingName): string {
		const type = declared(name, "type");
		const [minimum, maximum] = [
			declared(name, "minimum"),
			declared(name, "maximum"),
		];
		if (declared(name, "form") === "bytes")
			return "a size with its unit, or -1";
		if (type === "boolean") return "true, false";
		return type === "integer" ? `${minimum} to ${maximum}` : "text";
	}

	function code(text: SettingText): string {
		return text === "" ? "" : `\`${String(text).replaceAll("|", "\\|")}\``;
	}
});
