import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import {
	formatAnswer,
	isErrorAnswer,
	readAnswerFormat,
} from "../../sidecar/http/answer-format.ts";
import { readQuery } from "../../sidecar/http/query-parameters.ts";
import { readFixture } from "../helpers/fixture.ts";

const recorded = readFixture(
	"ml-commons/http-surface.json",
	Type.Object({
		json: Type.String(),
		forms: Type.Array(
			Type.Object({ query: Type.String(), answer: Type.String() }),
		),
	}),
);

function formatted(json: string, query: string): string {
	const format = readAnswerFormat(readQuery(`/?${query}`), {});
	return format ? formatAnswer(json, format) : json;
}

describe("an answer in the form that a client asks for", () => {
	const refused = recorded.forms.filter(({ answer }) =>
		isErrorAnswer(400, answer),
	);
	it.each(recorded.forms.filter((form) => !refused.includes(form)))(
		"is what OpenSearch makes of the same for $query",
		({ query, answer }) => {
			expect(formatted(recorded.json, query)).toBe(answer);
		},
	);

	it.each(refused)(
		"is refused as by OpenSearch: $query",
		({ query, answer }) => {
			expect(() => formatted(recorded.json, query)).toThrow(
				JSON.parse(answer).error.reason,
			);
		},
	);

	it("keeps every digit of a number and every escape of a text", () => {
		const json = '{"a":[1.0,12345678901234567890,1E400],"b":"\\ud83d\\u0041"}';
		expect(formatted(json, "filter_path=a,b")).toBe(json);
		expect(formatted(json, "pretty")).toContain("12345678901234567890,");
		expect(formatted(json, "format=yaml")).toContain("\n- 1E400\n");
	});

	it("is text and not a number to whoever reads the YAML of a name", () => {
		expect(formatted('{"12e3":{"on":"","a b":null}}', "format=yaml")).toBe(
			'---\n"12e3":\n  "on": ""\n  "a b": null\n',
		);
	});

	it.each([
		["{}", "pretty", "{ }\n"],
		["[]", "pretty", "[ ]\n"],
		["[1]", "format=yaml", "---\n- 1\n"],
		["1", "format=yaml", "--- 1\n"],
		['"a"', "filter_path=a", ""],
		["[{}]", "filter_path=-a", "[]"],
	])("may be no object: %s for %s", (json, query, answer) => {
		expect(formatted(json, query)).toBe(answer);
	});

	it("costs a client that sends a path of stars no more than time in proportion", () => {
		const path = "*a".repeat(2_000);
		const json = `{"${"a".repeat(20_000)}b":1}`;
		const start = performance.now();
		expect(formatted(json, `filter_path=${path}`)).toBe("{}");
		expect(performance.now() - start).toBeLessThan(2_000);
	});
});

describe("the form of an answer", () => {
	const formatFor = (query: string, headers = {}) =>
		readAnswerFormat(readQuery(`/?${query}`), headers);

	it("is left alone where nothing is said that changes it", () => {
		expect(formatFor("")).toBeUndefined();
		expect(formatFor("human&pretty=false&format=json")).toBeUndefined();
		expect(formatFor("", { accept: "*/*" })).toBeUndefined();
		expect(formatFor("filter_path=")).toBeUndefined();
	});

	it.each(["cbor", "SMILE"])(
		"is refused before anything is done where the sidecar can't write it: %s",
		(format) => {
			expect(() => formatFor(`format=${format}`)).toThrow(
				/not supported by the sidecar: \[json\] and \[yaml\] are/,
			);
			expect(() => formatFor("", { accept: `application/${format}` })).toThrow(
				/\[json\] and \[yaml\] are/,
			);
			expect(
				formatFor("", { "content-type": `application/${format}` }),
			).toBeUndefined();
		},
	);
});
