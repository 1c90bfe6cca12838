import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyText } from "../../ingest/body-text.ts";
import type { BodyLanguage } from "../../sidecar/proxy/access/body-language.ts";
import { GuardedBulk } from "../../sidecar/proxy/access/guarded-bulk.ts";
import { guardedJson } from "../../sidecar/proxy/access/guarded-json.ts";
import { guardedText } from "../../sidecar/proxy/access/guarded-text.ts";
import { HiddenNames } from "../../sidecar/proxy/access/hidden-names.ts";

const names = new HiddenNames(new Set());
const json = (body: unknown, language: BodyLanguage) =>
	guardedJson(
		Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
		language,
		names,
	);
const refusal = "can be reached through its API";

describe("a body's text", () => {
	it("is what OpenSearch's parser reads, in every encoding that it knows", () => {
		const unicode = fc.string({ unit: "grapheme", maxLength: 20 });
		fc.assert(
			fc.property(unicode, (value) => {
				const text = `{"a":${JSON.stringify(value)}}`;
				const little = Buffer.from(text, "utf16le");
				const wide = Buffer.concat(
					[...text].map((c) => {
						const bytes = Buffer.alloc(4);
						bytes.writeUInt32BE(c.codePointAt(0) ?? 0);
						return bytes;
					}),
				);
				for (const body of [
					Buffer.from(text),
					Buffer.from(`\ufeff${text}`),
					little,
					Buffer.from(little).swap16(),
					Buffer.from(`\ufeff${text}`, "utf16le"),
					Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
					wide,
					Buffer.from(wide).swap32(),
				])
					expect(bodyText(body)).toBe(text);
			}),
		);
	});

	it("is read where a character has more bytes than it needs", () => {
		const body = Buffer.from(
			"\xc0\xaeml\xe0\x80\xad\xf0\x80\x80\xadx",
			"latin1",
		);
		expect(bodyText(body)).toBe(".ml--x");
	});
});

describe("a body", () => {
	it("of a restore leaves the sidecar's indices out", () => {
		const rest = ["*", "-.ml-sidecar-*"];
		for (const [body, indices] of [
			["", rest],
			["{}", rest],
			[{ indices: "*" }, rest],
			[{ indices: ["_all"] }, rest],
			[{ indices: [] }, rest],
			[{ indices: ".m*,a" }, [".m*", "a", "-.ml-sidecar-*"]],
		] as const)
			expect(JSON.parse(json(body, "restore") ?? "")).toEqual({ indices });
		expect(json({ indices: "logs-*" }, "restore")).toBeUndefined();
		for (const [indices, expected] of [
			["_all,", rest],
			[",", rest],
			["-x*", ["-x*", "-.ml-sidecar-*"]],
			[["-mine"], ["-mine", "-.ml-sidecar-*"]],
			["+.m*", ["+.m*", "-.ml-sidecar-*"]],
		] as const)
			expect(JSON.parse(json({ indices }, "restore") ?? "")).toEqual({
				indices: expected,
			});
		expect(() => json({ indices: "+.ml-sidecar-node" }, "restore")).toThrow(
			refusal,
		);
		expect(json('{"partial":true}x', "restore")).toBe(
			'{"indices":["*","-.ml-sidecar-*"],"partial":true}',
		);
		expect(() =>
			json({ rename_replacement: ".ml-sidecar-$1" }, "restore"),
		).toThrow(refusal);
		for (const [pattern, replacement] of [
			["x(.+)", ".$1"],
			["^", "."],
			["^x", ""],
			["x(.+)", "$1"],
			["(.+)", "$2"],
			["(.+)", "$1car-x"],
			["(.+)", "\\.ml-\\sidecar-$1"],
		])
			expect(
				() =>
					json(
						{
							indices: "a",
							rename_pattern: pattern,
							rename_replacement: replacement,
						},
						"restore",
					),
				`${pattern} ${replacement}`,
			).toThrow(refusal);
		for (const [pattern, replacement] of [
			["(.+)", "restored-$1"],
			["(.+)", "$1-restored"],
			["^(.*)$", "$1_2"],
			["logs-(.+)", "restored_index_$1"],
		]) {
			const rename = {
				rename_pattern: pattern,
				rename_replacement: replacement,
			};
			const body = json({ indices: "a", ...rename }, "restore");
			expect(JSON.parse(body ?? "")).toEqual({
				indices: ["a", "-.ml-sidecar*"],
				...rename,
			});
		}
		expect(() => json('{"indices":"*",', "restore")).toThrow("not valid JSON");
	});

	it("of an index template is refused where it would stand in for the sidecar's", () => {
		for (const body of [
			{ index_patterns: ["*"], priority: 1_000_000 },
			{ index_patterns: ["a", ".m*"], priority: 5_000_000 },
			{ index_patterns: ".ml-sidecar-model" },
			{ index_patterns: ["a"], template: { aliases: { ".ml-sidecar-a": {} } } },
		])
			expect(() => json(body, "index template")).toThrow(refusal);
		for (const body of [
			{ index_patterns: ["*"], priority: 100 },
			{ index_patterns: ["logs-*"], priority: 5_000_000 },
			{ index_patterns: [".m*"] },
		])
			expect(json(body, "index template")).toBeUndefined();
	});

	it("of a pipeline is refused where it sends documents there", () => {
		const set = (value: string) => ({
			processors: [
				{ foreach: { processor: { set: { field: "_index", value } } } },
			],
		});
		for (const value of [
			".ml-sidecar-x",
			".ml-{{type}}",
			"<.ml-sidecar-{now/d}>",
		])
			expect(() => json(set(value), "pipeline")).toThrow(refusal);
		for (const value of ["{{type}}", "<{{type}}>", "<{now/d{'{{type}}'}}>"])
			expect(() => json(set(value), "pipeline")).toThrow(refusal);
		for (const value of ["logs-{{type}}", ".logs-{{type}}", "<l-{{type}}>"])
			expect(json(set(value), "pipeline")).toBeUndefined();
		const field = "_index";
		for (const processor of [
			{ set: { field: "_source._index", value: "{{type}}" } },
			{ set: { field: "_index.", copy_from: "type" } },
			{ lowercase: { field } },
			{ trim: { field: "type", target_field: "_index" } },
			{ rename: { field: "type", target_field: "_source._index" } },
			{ gsub: { field, pattern: "^x", replacement: "." } },
			{
				gsub: { field: "a", pattern: "", replacement: "", target_field: field },
			},
			{ dissect: { field: "text", pattern: "%{_index} %{rest}" } },
			{ grok: { field: "text", patterns: ["a", "%{WORD:_index}"] } },
			{ csv: { field: "text", target_fields: ["a", "_index"] } },
			{ date_index_name: { index_name_format: "'.ml-sidecar-x'" } },
			{ date_index_name: { index_name_prefix: "{{type}}" } },
			{
				script: {
					source: "ctx._index /**/ = params.i",
					params: { i: ".ml-sidecar-x" },
				},
			},
			{ script: { id: "stored", params: { a: [{ b: ".ml-sidecar-x" }] } } },
		])
			expect(
				() => json({ processors: [processor] }, "pipeline"),
				JSON.stringify(processor),
			).toThrow(refusal);
		for (const processor of [
			{ lowercase: { field, target_field: "origin" } },
			{ gsub: { field, pattern: "a", replacement: "_" } },
			{ rename: { field: "a", target_field: "b_index" } },
			{ dissect: { field: "text", pattern: "%{a_index} _index %{rest}" } },
			{ date_index_name: { index_name_prefix: "logs-{{type}}-" } },
			{
				script: { source: "if (ctx._index == 'a') ctx.t = '.ml-sidecar-x'" },
			},
		])
			expect(
				json({ processors: [processor] }, "pipeline"),
				JSON.stringify(processor),
			).toBeUndefined();
		expect(
			json(
				{ processors: [{ set: { field: "text", value: ".ml-sidecar-x" } }] },
				"pipeline",
			),
		).toBeUndefined();
	});

	it("that is SQL is refused for a name, and not for a text", () => {
		for (const query of [
			"SELECT a FROM `.ml-sidecar-model`",
			"source = .ml-sidecar-model | fields a",
			"SELECT * FROM a, .ml*",
		])
			expect(() => json({ query }, "text")).toThrow(refusal);
		expect(
			json({ query: "SELECT * FROM a WHERE b = '.ml-sidecar-x'" }, "text"),
		).toBeUndefined();
	});

	it("that is not JSON is judged by its words", () => {
		expect(() => json('{"a" ".ml-sidecar-x"', "search")).toThrow(refusal);
		expect(() => json('{"a" "\\u002eml-sidecar-x"', "search")).toThrow(refusal);
		expect(json('{"a" "b*"', "search")).toBeUndefined();
		expect(json(`${"[".repeat(100_000)}`, "search")).toBeUndefined();
	});
});

describe("a bulk", () => {
	const lines = fc.array(
		fc.constantFrom(
			'{"index":{"_index":"a"}}\n{"index":{"_index":".ml-sidecar-x"}}\n',
			'{"update":{}}\n{"doc":{"a":".ml-sidecar-x"}}\r\n',
			'{"delete":{"_id":".ml-sidecar-x"}}\n',
			" \n",
			'{ "create" : {"_id":"\\u0031"} }\n\n',
		),
	);
	const bad = '{"index":{"_index":".ml-sidecar-x"}}\n';

	/** What was passed on before the refusal, if there was one. */
	function run(body: Buffer, cuts: readonly number[]) {
		const guard = new GuardedBulk(names);
		const passed: Buffer[] = [];
		let start = 0;
		try {
			for (const cut of [...cuts, body.length].toSorted((a, b) => a - b)) {
				const end = Math.max(start, Math.min(cut, body.length));
				passed.push(guard.next(body.subarray(start, end)));
				start = end;
			}
			passed.push(guard.end());
			return { refused: false, passed: Buffer.concat(passed).toString() };
		} catch {
			return { refused: true, passed: Buffer.concat(passed).toString() };
		}
	}

	it("passes to the byte, wherever it is cut, unless an action names a hidden index", () => {
		fc.assert(
			fc.property(
				lines,
				lines,
				fc.array(fc.nat(300)),
				fc.boolean(),
				(before, after, cuts, isBad) => {
					const text = before.join("") + (isBad ? bad : "") + after.join("");
					const { refused, passed } = run(Buffer.from(text), cuts);
					expect(refused).toBe(isBad);
					if (!isBad) expect(passed).toBe(text);
					else expect(before.join("").startsWith(passed)).toBe(true);
				},
			),
			{ numRuns: 1_000 },
		);
	});

	it("keeps no more than an action line, however large a document is", () => {
		const guard = new GuardedBulk(names);
		guard.next(Buffer.from('{"index":{}}\n{"a":"'));
		const part = Buffer.alloc(3_000_000, "x");
		expect(guard.next(part)).toHaveLength(part.length);
		guard.next(Buffer.from('"}\n'));
		expect(() => guard.next(part)).toThrow("longer than 1048576 bytes");
	});
});

describe("a multi-search", () => {
	const defaults = { index: undefined, hidden: false };
	const guarded = (text: string, hidden = false) =>
		guardedText(text, "searches", { names, defaults: { ...defaults, hidden } });

	it.each([
		['{"index":".m*"}', '{"index":[".m*","-.ml-sidecar-*"]}'],
		[
			'{ "expand_wildcards" : "all" }',
			'{ "expand_wildcards" : "all" ,"index":["*","-.ml-sidecar-*"]}',
		],
		[
			'{"indices":["a*","_all"],"expand_wildcards":["all"]}',
			'{"indices":["a*","_all"],"expand_wildcards":["all"]}',
		],
		[
			'{"index":"_all","expand_wildcards":["open","hidden"]}',
			'{"index":["*","-.ml-sidecar-*"],"expand_wildcards":["open","hidden"]}',
		],
		['{"index":"logs-*"}', '{"index":"logs-*"}'],
		[
			'{"index":"*","expandWildcards":"all"}',
			'{"index":["*","-.ml-sidecar-*"],"expandWildcards":"all"}',
		],
		[
			'{"index":"_all,","expand_wildcards":"all"}',
			'{"index":["*","-.ml-sidecar-*"],"expand_wildcards":"all"}',
		],
		[
			'{"index":",","expand_wildcards":"all"}',
			'{"index":["*","-.ml-sidecar-*"],"expand_wildcards":"all"}',
		],
		["", ""],
	])("with the header %s is sent with %s", async (header, expected) => {
		expect(await guarded(`${header}\n{"size":1}\n`)).toBe(
			`${expected}\n{"size":1}\n`,
		);
	});

	it("may begin with a line break, which is no header", async () => {
		expect(await guarded('\n{"index":".m*"}\n{}\n\n{}\n')).toBe(
			'\n{"index":[".m*","-.ml-sidecar-*"]}\n{}\n\n{}\n',
		);
	});

	it("takes from the URL what its headers do not say", async () => {
		expect(await guarded('{}\n{}\n{"index":"a"}\n{}\n', true)).toBe(
			'{"index":["*","-.ml-sidecar-*"]}\n{}\n{"index":"a"}\n{}\n',
		);
	});
});
