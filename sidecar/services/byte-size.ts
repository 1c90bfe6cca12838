import { SidecarError } from "../errors.ts";
import {
	mostLong,
	notADouble,
	notANumber,
	parseDouble,
	parseLong,
	trimmed,
} from "../search/java-number.ts";

/** Units as OpenSearch reads them, in lower case; the first that ends the text is the one. */
const units: readonly (readonly [suffix: string, bytes: number])[] = [
	["k", 2 ** 10],
	["kb", 2 ** 10],
	["m", 2 ** 20],
	["mb", 2 ** 20],
	["g", 2 ** 30],
	["gb", 2 ** 30],
	["t", 2 ** 40],
	["tb", 2 ** 40],
	["p", 2 ** 50],
	["pb", 2 ** 50],
	["b", 1],
];

/**
 * A number of bytes from a text with a unit (`5gb`), or 0 or -1 without one.
 *
 * @param name the setting, for the error
 * @throws SidecarError bad_request, with OpenSearch's own words
 */
export function parseBytes(name: string, text: string): number {
	const lower = trimmed(text.toLowerCase());
	const unit = units.find(([suffix]) => lower.endsWith(suffix));
	const asSize = `failed to parse setting [${name}] with value [${text}] as a size in bytes`;
	if (!unit) {
		if (lower === "0" || lower === "-1") return Number(lower);
		throw refused(`${asSize}: unit is missing or unrecognized`);
	}
	const [suffix, bytes] = unit;
	const number = trimmed(lower.slice(0, -suffix.length));
	const whole = parseLong(number);
	if (whole === undefined) throw notWhole(name, text, number, bytes);
	const value = whole * BigInt(bytes);
	// `-1b` is no bound, as -1 is; with any other unit it is a number too small.
	if (value === -1n) return -1;
	if (value < 0n || value > mostLong)
		throw refused(
			asSize,
			new SidecarError(
				"bad_request",
				value < 0n
					? `Values less than -1 bytes are not supported: ${text}`
					: `Values greater than ${mostLong} bytes are not supported: ${text}`,
			),
		);
	return Number(value);
}

/**
 * A share of the memory (`10%`) or a number of bytes, as its text.
 *
 * @throws SidecarError as {@link parseBytes} does
 */
export function parseMemory(name: string, text: string): string {
	if (!text.endsWith("%")) {
		parseBytes(name, text);
		return text;
	}
	const share = text.slice(0, -1);
	const percent = parseDouble(share);
	if (percent === undefined)
		throw refused(`failed to parse [${share}] as a double`, notADouble(share));
	if (percent < 0 || percent > 100)
		throw refused(`percentage should be in [0-100], got [${share}]`);
	return text;
}

function notWhole(
	name: string,
	text: string,
	number: string,
	bytes: number,
): SidecarError {
	const cause = notANumber(number);
	if (bytes === 1)
		return new SidecarError(
			"bad_request",
			`Failed to parse value [${text}] for setting [${name}]`,
			{ cause },
		);
	return parseDouble(number) !== undefined
		? refused(
				`Failed to parse bytes value [${text}]. Fractional bytes values have been deprecated since Legacy 6.2. Use non-fractional bytes values instead: found for setting [${name}]`,
				cause,
			)
		: refused(`failed to parse [${text}]`, cause);
}

/** OpenSearch wraps what its parser says. */
function refused(reason: string, cause?: SidecarError): SidecarError {
	const parser = new SidecarError("bad_definition", reason, { cause });
	return new SidecarError("bad_request", reason, { cause: parser });
}
