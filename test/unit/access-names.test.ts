import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { describe, expect, it } from "vitest";
import {
	HiddenNames,
	namespace,
	templatePriority,
} from "../../sidecar/proxy/access/hidden-names.ts";
import {
	expansionOf,
	missingExclusions,
} from "../../sidecar/proxy/access/index-expression.ts";
import { NameShape } from "../../sidecar/proxy/access/name-shape.ts";

const names = new HiddenNames(new Set(["backdoor"]));
const exclusion = ",-.ml-sidecar-*";
const missing = (expression: string, hidden = false) =>
	missingExclusions(expression, names, { hidden });

const Template = Compile(
	Type.Object({
		index_patterns: Type.Array(Type.String()),
		priority: Type.Integer(),
	}),
);

it("every index template of the sidecar is for protected names, with the priority that is protected", () => {
	const folder = join(import.meta.dirname, "../../index-templates");
	const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
	expect(files.length).toBeGreaterThan(2);
	for (const file of files) {
		const text = readFileSync(join(folder, file), "utf8");
		const { index_patterns, priority } = Template.Parse(JSON.parse(text));
		expect(priority, file).toBe(templatePriority);
		for (const pattern of index_patterns)
			expect(pattern.startsWith(namespace), file).toBe(true);
	}
});

describe("an index expression", () => {
	it.each([
		".ml-sidecar-model",
		"logs,.ml-sidecar-model",
		"*,.ml-sidecar-model",
		"other:.ml-sidecar-model",
		"backdoor",
		"other:backdoor",
		"-*,.ml-sidecar-model",
		"<.ml-sidecar-{now/d}>",
		"<.ml-sidecar{now/d{-}}model>",
		"<.ml-{now/d{'sidecar-model'}}>",
		"<{now/d{'.ml-sidecar-model'}}>",
		"<{now/d{*}}>",
		"<.m*-{now/d}>",
		"<back{now/d{'door'}}>",
		"<\\.ml-sidecar-{now/d{yyyy|+01:00}}>",
	])("that means the sidecar's indices is refused: %s", (expression) => {
		expect(() => missing(expression)).toThrow("can be reached through its API");
	});

	it.each([
		"",
		"logs",
		"ml-sidecar-model",
		"x.ml-sidecar-model",
		".ML-SIDECAR-MODEL",
		".ml-sidecars",
		"-.ml-sidecar-model",
		"*-1,-.ml-sidecar-model",
		"<logs-{now/d}>",
		"<.ml-{now/d}>",
		"<.ml-sidecars{now/d}>",
		"logs-*",
		".kibana*",
		".ml-*-x,-.ml-sidecar-*",
	])("that does not is left alone: %s", (expression) => {
		const aliasless = new HiddenNames(new Set());
		expect(missingExclusions(expression, aliasless, { hidden: false })).toBe(
			"",
		);
	});

	it.each([
		["*", true, exclusion],
		["_all", true, exclusion],
		["", true, exclusion],
		["*l", true, exclusion],
		["logs-*", true, ""],
		[".m*", false, exclusion],
		[".*el", false, exclusion],
		["back*", false, exclusion],
		["*,-.ml-sidecar-*", true, ""],
		["*,-.ml-sidecar-*,.m*", true, exclusion],
		["*,-.ml-sidecar-model", true, exclusion],
		["_all,", true, exclusion],
		[",", true, exclusion],
		["other:*", true, ",other:-.ml-sidecar-*"],
		["other:_all", true, ",other:-.ml-sidecar-*"],
		["logs,other:.m*,.m*", false, `,other:-.ml-sidecar-*${exclusion}`],
	])(
		"with wildcards is kept from them: %s, hidden %s",
		(expression, hidden, expected) => {
			expect(missing(expression, hidden)).toBe(expected);
		},
	);

	it("is judged once: what was added to it is enough", () => {
		const part = fc.constantFrom("*", ".m*", ".ml-sidecar-*", "a", "-x", "b:*");
		fc.assert(
			fc.property(fc.array(part), fc.boolean(), (parts, hidden) => {
				const expression = parts.join(",") || "*";
				expect(missing(expression + missing(expression, hidden), hidden)).toBe(
					"",
				);
			}),
		);
	});

	it("expands to hidden indices only where wildcards match anything", () => {
		expect(expansionOf(undefined)).toEqual({ any: true, hidden: false });
		expect(expansionOf(["hidden"])).toEqual({ any: false, hidden: false });
		expect(expansionOf(["closed", "hidden"])).toEqual({
			any: true,
			hidden: true,
		});
	});
});

describe("the shape of a name", () => {
	it("may be every name that its pattern matches, and no other", () => {
		const text = fc.string({
			unit: fc.constantFrom("a", "b", "."),
			maxLength: 6,
		});
		const pattern = fc.string({
			unit: fc.constantFrom("a", "b", ".", "*"),
			maxLength: 6,
		});
		fc.assert(
			fc.property(pattern, text, (expression, name) => {
				const matcher = expression.replaceAll(".", "\\.").replaceAll("*", ".*");
				const shape = NameShape.ofPattern(expression);
				expect(shape.mayBe(name)).toBe(new RegExp(`^${matcher}$`).test(name));
				if (shape.mayBe(`${name}a`)) expect(shape.mayBegin(name)).toBe(true);
			}),
			{ numRuns: 2_000 },
		);
	});

	it("is found in no time, however many wildcards it has", () => {
		const shape = NameShape.ofPattern("*a".repeat(2_000));
		expect(shape.mayBe("a".repeat(1_999))).toBe(false);
	});
});
