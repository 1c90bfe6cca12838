import { describe, expect, it } from "vitest";
import { withParameters } from "../../sidecar/http/query-parameters.ts";

describe("a URL with some of its parameters", () => {
	const without = (url: string) => withParameters(url, (name) => name !== "a");

	it.each([
		["/i/_bulk", "/i/_bulk"],
		["/i/_bulk?a=1", "/i/_bulk"],
		["/i/_bulk?b=%C3%a4+1&a=1;c", "/i/_bulk?b=%C3%a4+1&c"],
		["/i/_bulk?%61=1&b=a=2", "/i/_bulk?b=a=2"],
		["/i/_bulk?=a=1&a&b#a=1", "/i/_bulk?b"],
		["/i/_doc/1#2?a=1&b=2", "/i/_doc/1#2?b=2"],
	])("%s keeps what is left to the byte", (url, left) => {
		expect(without(url)).toBe(left);
	});
});
