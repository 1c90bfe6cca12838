import { describe, expect, it } from "vitest";
import { mergeSettings } from "../../sidecar/proxy/cluster-settings-answer.ts";
import { splitSettings } from "../../sidecar/proxy/cluster-settings-body.ts";

const ours = "plugins.ml_commons.max_model_on_node";

function split(body: string) {
	const parts = splitSettings(Buffer.from(body));
	return (
		parts && {
			persistent: Object.fromEntries(parts.change.persistent),
			transient: Object.fromEntries(parts.change.transient),
			rest: parts.rest,
		}
	);
}

describe("a body of settings", () => {
	it.each([
		'{"persistent":{"cluster.max_shards_per_node":5000}}',
		'{"persistent":{"plugins.ml_commons.nope":1}}',
		'{"persistent":{"plugins.ml_commons.nope":null}}',
		'{"persistent":{"plugins":null}}',
		`{"persistent":{"${ours}":{}}}`,
		`{"persistent":{"${ours}":{"a":1}}}`,
		`{"persistent":{"${ours}":[{"a":1}]}}`,
		`{"persistent":{"${ours}":["a",null]}}`,
		`{"persistent":{"${ours}":1,"${ours}":2}}`,
		`{"persistent":["${ours}"]}`,
		`{"other":{"${ours}":1}}`,
		`{"persistent":{"${ours}":1`,
		"{}",
		"",
	])("is for OpenSearch alone: %s", (body) => {
		expect(split(body)).toBeUndefined();
	});

	it("is taken apart, and OpenSearch's part keeps every digit", () => {
		expect(
			split(
				`{"transient":{"${ours}":7},"persistent":{"a.b":12345678901234567890,"${ours}":"8","c":{"d":[1.50,null]}}}`,
			),
		).toEqual({
			transient: { [ours]: "7" },
			persistent: { [ours]: "8" },
			rest: '{"persistent":{"a.b":12345678901234567890,"c.d":[1.50,null]}}',
		});
	});

	it.each([
		`{"persistent":{"plugins":{"ml_commons":{"max_model_on_node":3}}}}`,
		`{"persistent":{"plugins":{"ml_commons.max_model_on_node":"3"}}}`,
		`\ufeff{/* three */"persistent":{"${ours}":3}}`,
		`{"persistent":{"${ours}":4,"plugins":{"ml_commons":{"max_model_on_node":3}}}}`,
	])("may nest its names and hold comments: %s", (body) => {
		expect(split(body)?.persistent).toEqual({ [ours]: "3" });
	});

	it("with nothing for OpenSearch still asks it, for the sake of the caller's rights", () => {
		expect(split(`{"persistent":{"${ours}":3}}`)?.rest).toBe(
			'{"persistent":{"plugins.ml_commons.*":null}}',
		);
	});

	it("of patterns that reset is for both, and goes on as it is", () => {
		expect(split('{"transient":{"plugins.*":null,"x":1}}')).toEqual({
			transient: { "plugins.*": null },
			persistent: {},
			rest: undefined,
		});
	});

	it.each([
		["1e3", "1000.0"],
		["1.10", "1.1"],
		["-0", "0"],
		["-0.0", "-0.0"],
		["1e21", "1.0E21"],
		["1e-7", "1.0E-7"],
		["123456789.5", "1.234567895E8"],
		["12345678901234567890", "12345678901234567890"],
		["true", "true"],
		["[1,2.0,true]", ["1", "2.0", "true"]],
	])("has the text that Java gives to %s", (json, text) => {
		expect(
			split(`{"persistent":{"plugins.ml_commons.trusted_url_regex":${json}}}`)
				?.persistent,
		).toEqual({ "plugins.ml_commons.trusted_url_regex": text });
	});
});

describe("settings in OpenSearch's answer", () => {
	const added = { persistent: { [ours]: "3" } };

	it("stand in its tree, which keeps what it has", () => {
		const answer = {
			persistent: { plugins: { knn: { a: "1" } } },
			transient: {},
		};
		expect(mergeSettings(answer, added, false)).toEqual({
			persistent: {
				plugins: { knn: { a: "1" }, ml_commons: { max_model_on_node: "3" } },
			},
			transient: {},
		});
		expect(answer.persistent).toEqual({ plugins: { knn: { a: "1" } } });
	});

	it("stand among its flat names, sorted", () => {
		const answer = { persistent: { "a.b": "1", "search.x": "2" } };
		const merged = mergeSettings(answer, added, true);
		expect(JSON.stringify(merged)).toBe(
			`{"persistent":{"a.b":"1","${ours}":"3","search.x":"2"}}`,
		);
	});
});
