import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SettingsSchema } from "../../schemas/settings.ts";
import {
	cacheFolder,
	loadSettings,
	SettingsError,
	upstreamTls,
} from "../../sidecar/config.ts";

describe("settings", () => {
	it("have defaults with which the sidecar starts in an empty environment", () => {
		const settings = loadSettings({});
		expect(Object.keys(settings).sort()).toEqual(
			Object.keys(SettingsSchema.properties).sort(),
		);
		expect(settings.SIDECAR_PORT).toBe(9400);
		expect(settings.SIDECAR_HOST).toBe("127.0.0.1");
	});

	it("come from the environment, in their own types; empty ones count as not set", () => {
		expect(
			loadSettings({ SIDECAR_PORT: "1234", SIDECAR_HOST: "", OTHER: "x" }),
		).toMatchObject({ SIDECAR_PORT: 1234, SIDECAR_HOST: "127.0.0.1" });
	});

	it.each([
		["SIDECAR_PORT", "many", "must be integer"],
		["SIDECAR_PORT", "65536", "must be <= 65535"],
		["SIDECAR_PORT", "1.5", "must be integer"],
		[
			"SIDECAR_LOG_LEVEL",
			"loud",
			"must be equal to one of the allowed values: trace, debug",
		],
		["OPENSEARCH_URL", "localhost:9200", "must match pattern"],
		["OPENSEARCH_URL", "http://user:secret@host:9200", "must match pattern"],
		["SIDECAR_MODEL_THREADS", "0", "must be >= 1"],
	])(
		"that are wrong stop the start with name and expectation: %s=%s",
		(name, value, expected) => {
			expect(() => loadSettings({ [name]: value })).toThrow(SettingsError);
			expect(() => loadSettings({ [name]: value })).toThrow(
				`${name} ${expected}`,
			);
		},
	);

	it("that are wrong are all named at once", () => {
		expect(() =>
			loadSettings({ SIDECAR_PORT: "x", SIDECAR_MODEL_THREADS: "x" }),
		).toThrow(/SIDECAR_PORT.*SIDECAR_MODEL_THREADS/);
	});

	it("that name no certificates stop the start, instead of trusting nobody later", () => {
		const files = [import.meta.filename, "/no/such/file"];
		for (const OPENSEARCH_CA_FILE of files) {
			const settings = loadSettings({ OPENSEARCH_CA_FILE });
			expect(() => upstreamTls(settings)).toThrow(SettingsError);
			expect(() => upstreamTls(settings)).toThrow("OPENSEARCH_CA_FILE must be");
		}
	});

	it("give the models a folder where caches are kept", () => {
		expect(cacheFolder(loadSettings({}), { XDG_CACHE_HOME: "/c" })).toBe(
			"/c/opensearch-ml-sidecar",
		);
		expect(cacheFolder(loadSettings({ SIDECAR_CACHE_DIR: "/mine" }), {})).toBe(
			"/mine",
		);
	});
});

describe("the README", () => {
	it("has every setting, with its default, unit and meaning", () => {
		const readme = readFileSync(
			join(import.meta.dirname, "../../README.md"),
			"utf8",
		);
		const rows = readme
			.split("\n")
			.filter((line) => /^\| `(OPENSEARCH|SIDECAR)_/.test(line))
			.filter((line) => !line.includes("SIDECAR_DEV_"));
		expect(rows).toEqual(
			Object.entries(SettingsSchema.properties).map(([name, setting]) => {
				const declared = (key: string): unknown => Reflect.get(setting, key);
				const fallback = String(declared("default"));
				const shown = fallback === "" ? "" : `\`${fallback}\``;
				return `| \`${name}\` | ${shown} | ${declared("unit") ?? ""} | ${declared("description")} |`;
			}),
		);
	});
});
