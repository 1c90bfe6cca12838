import { describe, expect, it } from "vitest";
import {
	readContentRange,
	resumeValidator,
} from "../../sidecar/download/content-range.ts";
import {
	parseTrusted,
	redirectTarget,
	shownUrl,
	trustedPattern,
} from "../../sidecar/download/trusted-url.ts";

/** ml-commons' default. */
const any =
	"^(https?|ftp|file)://[-a-zA-Z0-9+&@#/%?=~_|!:,.;]*[-a-zA-Z0-9+&@#/%=~_|]";
const folder = trustedPattern("^https://models\\.example/public/");

describe("the trusted url regex", () => {
	it("is searched for, not matched from end to end, as Java's find() does", () => {
		const trusted = trustedPattern("models\\.example");
		expect(parseTrusted("https://models.example/m.zip", trusted).pathname).toBe(
			"/m.zip",
		);
	});

	it.each([
		"https://host.example/m.zip",
		"http://user:secret@host.example:8080/m.zip?token=1",
		"file:///models/m.zip",
	])("as ml-commons has it trusts %s", (url) => {
		expect(parseTrusted(url, trustedPattern(any)).href).toBe(url);
	});

	it.each([
		["https://evil.example/models.example/public/m.zip"],
		["https://models.example/public/../secret/m.zip"],
		["https://models.example/public/%2e%2e/secret/m.zip"],
		["https://models.example/public/..\\secret/m.zip"],
		["https://models.example/public/\t../secret"],
		[" https://models.example/public/m.zip"],
		["models.example/public/m.zip"],
		["https://models.example:99999/public/m.zip"],
		[""],
	])("of one folder does not let %s through", (url) => {
		expect(() => parseTrusted(url, folder)).toThrow(
			/^URL can't match trusted url regex$/,
		);
	});

	it("sees no user in a URL, be it that it looks like a host", () => {
		const trusted = trustedPattern("^https://good\\.example:8443");
		const url = parseTrusted("https://me:x@good.example:8443/m", trusted);
		expect(url.username).toBe("me");
		expect(() =>
			parseTrusted("https://good.example:8443@evil.example/m", trusted),
		).toThrow("trusted url regex");
		const from = new URL("https://good.example:8443/m");
		expect(() =>
			redirectTarget(from, "https://good.example:8443@evil.example/", trusted),
		).toThrow("trusted url regex");
	});

	it("that trusts ftp does not make the sidecar speak it", () => {
		expect(() =>
			parseTrusted("ftp://host.example/m.zip", trustedPattern(any)),
		).toThrow("ftp: URLs are not supported");
	});

	it("is never run on a URL without end", () => {
		const url = `https://host.example/${"a".repeat(100_000)}`;
		expect(() => parseTrusted(url, trustedPattern(any))).toThrow(
			"8192 are the most",
		);
	});

	it("may ignore case, as Java's flag says", () => {
		const trusted = trustedPattern("(?i)^https://Models\\.Example/");
		expect(parseTrusted("https://models.example/m", trusted)).toBeDefined();
	});

	it.each([
		"^https://a\\.example\\Z",
		"^https://a\\.(example)\\1",
		"^(?!https://b)https://",
		"^https://\\Qa.example\\E/",
		"^https://\\p{Alpha}+\\.example",
		"^https://[a-z&&[^b]]\\.example",
		"^https://[a[b]]\\.example",
		"^https://[]a]\\.example",
		"^https://a++\\.example",
		"^https://(a",
	])("that can not be read as Java reads it is refused: %s", (setting) => {
		expect(() => trustedPattern(setting)).toThrow(
			"the trusted url regex can't be used",
		);
	});

	it.each([
		"^https://\\x61\\.example/",
		"^https://[\\[\\]a]\\.example/",
		"\\Ahttps://\\p{L}\\.example/m\\z",
	])("that both read alike is not: %s", (setting) => {
		expect(
			parseTrusted("https://a.example/m", trustedPattern(setting)),
		).toBeDefined();
	});

	it("can't hold up the sidecar, whatever it is and whatever the URL is", () => {
		const evil = trustedPattern("^(https?://)?(a|a?)+$");
		expect(evil.test(`https://${"a".repeat(8_000)}!`)).toBe(false);
		expect(evil.test(`https://${"a".repeat(8_000)}`)).toBe(true);
	});
});

describe("a redirect", () => {
	const from = new URL("https://user:secret@models.example/public/m?token=1");

	it("is followed where it is trusted, relative or not", () => {
		expect(redirectTarget(from, "n.zip?a=b", folder).href).toBe(
			"https://user:secret@models.example/public/n.zip?a=b",
		);
		const absolute = "https://models.example/public/n.zip";
		expect(redirectTarget(from, absolute, folder).href).toBe(absolute);
	});

	it.each([
		["https://other.example/m", "can't match trusted url regex"],
		["/secret/m", "can't match trusted url regex"],
		["http://models.example/public/m", "from https to http is not followed"],
		["file:///etc/passwd", "only https and http are followed"],
		["https://models.example:x/", "can't be followed"],
	])("to %s is not followed", (location, reason) => {
		const redirect = () => redirectTarget(from, location, folder);
		expect(redirect).toThrow(reason);
		expect(redirect).not.toThrow(/secret@|token/);
	});
});

describe("a URL in a reason or a log", () => {
	it("shows no user, password, query or fragment", () => {
		const url = new URL("https://user:secret@host.example:1/p/m.zip?t=1#f");
		expect(shownUrl(url)).toBe("https://host.example:1/p/m.zip");
		expect(shownUrl(new URL("file:///m/a.zip"))).toBe("file:///m/a.zip");
	});
});

describe("the rest of a file", () => {
	it.each([
		["bytes 5-9/10", { first: 5, last: 9, total: 10 }],
		["bytes 5-9/*", { first: 5, last: 9 }],
		["bytes 5-4/10", undefined],
		["bytes 5-10/10", undefined],
		["bytes */10", undefined],
		["items 5-9/10", undefined],
		[undefined, undefined],
	])("is where Content-Range says: %s", (header, range) => {
		expect(readContentRange(header)).toEqual(range);
	});

	it.each([
		[{ etag: '"a"', "last-modified": "d" }, '"a"'],
		[{ etag: 'W/"a"', "last-modified": "d" }, "d"],
		[{ etag: 'W/"a"' }, undefined],
		[{ etag: '"a"', "accept-ranges": "none" }, undefined],
		[{ etag: '"a"', "accept-ranges": "bytes" }, '"a"'],
		[{}, undefined],
	])("is asked for by a strong validator alone: %j", (headers, validator) => {
		expect(resumeValidator(headers)).toBe(validator);
	});
});
