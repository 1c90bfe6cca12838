import { SidecarError } from "../errors.ts";

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?=[dDfF]?$)/;

/** A text without the white space around it that Java's `trim` removes. */
export function trimmed(text: string): string {
	return text.replace(/^[\0- ]+/, "").replace(/[\0- ]+$/, "");
}

/** The number that Java's `Double.parseDouble` reads, but for hexadecimal ones; undefined where it reads none. */
export function parseDouble(text: string): number | undefined {
	const word = trimmed(text);
	if (/^[+-]?(?:NaN|Infinity)$/.test(word)) return Number(word);
	const found = decimal.exec(word)?.[0];
	return found === undefined ? undefined : Number(found);
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

function withFraction(digits: string): string {
	return digits.includes(".") ? digits : `${digits}.0`;
}
