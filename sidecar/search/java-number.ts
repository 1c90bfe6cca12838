import { SidecarError } from "../errors.ts";

/** Digits can be divided in one way only: a text that is none of these is found out in linear time. */
const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?=[dDfF]?$)/;

/** Java's largest `long`. */
export const mostLong = 2n ** 63n - 1n;

/** A text without the white space around it that Java's `trim` removes. */
export function trimmed(text: string): string {
	const isBlank = (at: number) => text.charCodeAt(at) <= 0x20;
	let [start, end] = [0, text.length];
	// By hand: an expression would look for the end anew from every white space within.
	while (start < end && isBlank(start)) start++;
	while (end > start && isBlank(end - 1)) end--;
	return text.slice(start, end);
}

/** The number that Java's `Double.parseDouble` reads, but for hexadecimal ones; undefined where it reads none. */
export function parseDouble(text: string): number | undefined {
	const word = trimmed(text);
	if (/^[+-]?(?:NaN|Infinity)$/.test(word)) return Number(word);
	const found = decimal.exec(word)?.[0];
	return found === undefined ? undefined : Number(found);
}

/** The number that Java's `Long.parseLong` reads; undefined where it reads none. */
export function parseLong(text: string): bigint | undefined {
	if (!/^[+-]?\d+$/.test(text)) return undefined;
	const digits = text.replace(/^([+-]?)0+(?=\d)/, "$1");
	// A sign and 19 digits: to read millions of them takes seconds.
	if (digits.length > 20) return undefined;
	const number = BigInt(digits.replace(/^\+/, ""));
	return number > mostLong || number < -mostLong - 1n ? undefined : number;
}

/** What Java says of a text that is no whole number. */
export function notANumber(text: string): SidecarError {
	return new SidecarError("bad_number", `For input string: "${text}"`);
}

/** What Java says of a text that is no `double`. */
export function notADouble(text: string): SidecarError {
	return trimmed(text) === ""
		? new SidecarError("bad_number", "empty String")
		: notANumber(text);
}

/** The text that Java's `Double.toString` writes. */
export function doubleText(value: number): string {
	const size = Math.abs(value);
	if (!Number.isFinite(value)) return String(value);
	if (Object.is(value, -0)) return "-0.0";
	if (value !== 0 && (size < 1e-3 || size >= 1e7)) {
		const [digits = "", exponent = ""] = value.toExponential().split("e");
		return `${withFraction(digits)}E${Number(exponent)}`;
	}
	return withFraction(String(value));
}

/** Digits that bring every 32-bit float back: IEEE 754 binary32 needs 9. */
const mostDigits = 9;

/** The number with the fewest digits, but not fewer than Java's two, that is a 32-bit float. */
export function shortestFloat(float: number): number {
	if (float === 0) return float;
	for (let digits = 2; digits < mostDigits; digits++) {
		const short = Number(float.toPrecision(digits));
		if (Math.fround(short) === float) return short;
	}
	return Number(float.toPrecision(mostDigits));
}

/** The text that Java's `Float.toString` writes of a 32-bit float. */
export function floatText(float: number): string {
	return doubleText(shortestFloat(float));
}

function withFraction(digits: string): string {
	return digits.includes(".") ? digits : `${digits}.0`;
}
