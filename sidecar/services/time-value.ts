import { SidecarError } from "../errors.ts";
import {
	notANumber,
	parseDouble,
	parseLong,
	trimmed,
} from "../search/java-number.ts";

/** Units as OpenSearch reads them, in milliseconds; the first that ends the text is the one. */
const units: readonly (readonly [suffix: string, milliseconds: number])[] = [
	["nanos", 1e-6],
	["micros", 1e-3],
	["ms", 1],
	["s", 1_000],
	["m", 60_000],
	["h", 3_600_000],
	["d", 86_400_000],
];

/**
 * A time of OpenSearch (`500ms`, `10s`) in milliseconds; without a unit 0 and -1 alone.
 *
 * @param name the parameter, for the error
 * @throws SidecarError bad_request, with OpenSearch's own words
 */
export function parseTime(name: string, text: string): number {
	const lower = trimmed(text.toLowerCase());
	const unit = units.find(([suffix]) =>
		// A capital M would be a month.
		suffix === "m" ? text.endsWith("m") : lower.endsWith(suffix),
	);
	const asTime = `failed to parse setting [${name}] with value [${text}] as a time value`;
	if (!unit) {
		if (/^0+$/.test(lower)) return 0;
		if (/^-0*1$/.test(lower)) return -1;
		throw refused(`${asTime}: unit is missing or unrecognized`);
	}
	const [suffix, milliseconds] = unit;
	const number = trimmed(lower.slice(0, -suffix.length));
	const whole = parseLong(number);
	if (whole === undefined)
		throw refused(
			parseDouble(number) === undefined
				? `failed to parse [${text}]`
				: `failed to parse [${text}], fractional time values are not supported`,
			notANumber(number),
		);
	if (whole < -1n)
		throw refused(`${asTime}: negative durations are not supported`);
	return Number(whole) * milliseconds;
}

/**
 * A client's `timeout`, milliseconds; undefined where it gave none, or one that is no time: OpenSearch does not hold
 * anybody to 0 or -1 either.
 *
 * @throws SidecarError as {@link parseTime} does
 */
export function readTimeout(text: string | undefined): number | undefined {
	const ms = text === undefined ? 0 : parseTime("timeout", text);
	return ms > 0 ? ms : undefined;
}

function refused(reason: string, cause?: SidecarError): SidecarError {
	return new SidecarError("bad_request", reason, { cause });
}
