import { RE2JS } from "re2js";
import { SidecarError } from "../errors.ts";

const schemes = ["https:", "http:", "file:"];
const maxLength = 8_192;

/** What says whether a URL, or any part of it, is trusted. */
export interface TrustedUrls {
	test(url: string): boolean;
}

/** Escapes that mean something to Java, and something else to RE2. */
const javaEscape = /\\[ZGQEhHRXVvNC0-9]/;

/**
 * A regular expression as Java writes it, which is how the setting came into the world. It runs on RE2, whose time is
 * linear in the URL whatever the expression is. What RE2 would read in another way is refused, never guessed: the
 * expression decides whom to trust.
 *
 * @throws SidecarError bad_request; also for what RE2 has not, looking ahead and behind, possessive quantifiers and
 * back references among it
 */
export function trustedPattern(setting: string): TrustedUrls {
	for (const [escaped] of setting.matchAll(/\\./gs))
		if (javaEscape.test(escaped)) throw unusable(`${escaped} is not supported`);
	const bare = setting.replace(/\\./gs, "_");
	if (/\[\^?\]|\[[^\]]*(?:\[|&&)/.test(bare))
		throw unusable(
			"within a class, brackets have to be escaped and && is not supported",
		);
	try {
		return RE2JS.compile(setting);
	} catch (cause) {
		throw unusable(cause instanceof Error ? cause.message : String(cause));
	}
}

function unusable(reason: string): SidecarError {
	return new SidecarError(
		"bad_request",
		`the trusted url regex can't be used: ${reason}`,
	);
}

/**
 * A URL that a client gave, if it holds a match both as it was given and as it will be asked for, which may differ:
 * `/models/../x` is `/x`. What URL parsers read in different ways is refused.
 *
 * @throws SidecarError bad_request
 */
export function parseTrusted(text: string, trusted: TrustedUrls): URL {
	if (text.length > maxLength)
		throw new SidecarError(
			"bad_request",
			`url has ${text.length} characters; ${maxLength} are the most`,
		);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	const ambiguous = /[\\\s\u0000-\u001f\u007f]/.test(text);
	const url = parse(text);
	if (
		ambiguous ||
		!url ||
		!trusted.test(withoutUser(text)) ||
		!isTrusted(url, trusted)
	)
		throw new SidecarError("bad_request", "URL can't match trusted url regex");
	if (!schemes.includes(url.protocol))
		throw new SidecarError(
			"bad_request",
			`${url.protocol} URLs are not supported: https, http and file are`,
		);
	return url;
}

/**
 * Where a redirect leads.
 *
 * @throws SidecarError bad_request where it must not be followed
 */
export function redirectTarget(
	from: URL,
	location: string,
	trusted: TrustedUrls,
): URL {
	const to = parse(location, from.href);
	const refuse = (reason: string) =>
		new SidecarError(
			"bad_request",
			`${shownUrl(from)} redirects to ${to ? shownUrl(to) : "what is no URL"}: ${reason}`,
		);
	if (!to) throw refuse("that can't be followed");
	if (to.protocol !== "https:" && to.protocol !== "http:")
		throw refuse("only https and http are followed");
	if (from.protocol === "https:" && to.protocol === "http:")
		throw refuse("from https to http is not followed");
	if (to.href.length > maxLength) throw refuse("the URL is too long");
	if (!isTrusted(to, trusted))
		throw refuse("URL can't match trusted url regex");
	return to;
}

function isTrusted({ href }: URL, trusted: TrustedUrls): boolean {
	return trusted.test(withoutUser(href));
}

/** User and password have no say in whom to trust: in `https://good.example:1@evil.example` they look like a host. */
function withoutUser(url: string): string {
	return url.replace(/^([a-z]+:\/*)[^/?#]*@/i, "$1");
}

/** A URL without what may be a secret in it: user, password, query and fragment. */
export function shownUrl({ protocol, host, pathname }: URL): string {
	return `${protocol}//${host}${pathname}`;
}

function parse(text: string, base?: string): URL | undefined {
	return URL.canParse(text, base) ? new URL(text, base) : undefined;
}
