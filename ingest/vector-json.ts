/** Characters of a number at most, `-100000000000000000000`, and of what separates it. */
const longestNumber = 24;

/** Digits that may do for a 32-bit float, and those that bring every one back: IEEE 754 binary32 needs 9. */
const fewestDigits = 7;
const mostDigits = 9;

/** Below it, numbers are written with an exponent. */
const smallestFraction = 1e-6;

const zero = 0x30;
const [comma, minus, point] = [0x2c, 0x2d, 0x2e];
const [opening, closing] = [0x5b, 0x5d];

/** By how much a decimal must miss the middle between two floats, so that every reader finds the same one. */
const margin = 1e-15;

/**
 * A vector as a JSON array; read as 32-bit floats, the numbers are the vector's own. They have hardly more digits
 * than that takes.
 *
 * @throws RangeError for a number that JSON can't hold (NaN, infinity)
 */
export function vectorJson(vector: Float32Array): string {
	const json = Buffer.allocUnsafe(2 + longestNumber * vector.length);
	json[0] = opening;
	let end = 1;
	for (let index = 0; index < vector.length; index++) {
		const value = vector[index];
		if (value === undefined || !Number.isFinite(value))
			throw new RangeError(`component ${index} of a vector is ${value}`);
		if (index > 0) json[end++] = comma;
		const size = Math.abs(value);
		if (size >= smallestFraction && size < 1) {
			if (value < 0) json[end++] = minus;
			end = writeFraction(size, json, end);
		} else {
			end += json.write(shortest(value), end, "latin1");
		}
	}
	json[end++] = closing;
	return json.toString("latin1", 0, end);
}

/**
 * A float from a millionth on and below 1, many times faster than {@link shortest}: nearly all components of a vector
 * of length 1 are of that size. Eight digits do for nearly all of them; nine are a whole number that a double holds exactly.
 *
 * @returns where it ends
 */
function writeFraction(size: number, json: Buffer, start: number): number {
	let zeros = 0;
	let scale = 1e8;
	for (let shifted = size * 10; shifted < 1; shifted *= 10) {
		zeros++;
		scale *= 10;
	}
	const digits = Math.round(size * scale);
	let end = start;
	json[end++] = zero;
	json[end++] = point;
	for (let i = 0; i < zeros; i++) json[end++] = zero;
	if (isRead(digits / scale, size)) {
		const first = (digits / 1_000_000) | 0;
		json[end++] = zero + ((first / 10) | 0);
		json[end++] = zero + (first % 10);
		end = writeThree(((digits / 1_000) | 0) % 1_000, json, end);
		end = writeThree(digits % 1_000, json, end);
	} else {
		const all = Math.round(size * scale * 10);
		end = writeThree((all / 1_000_000) | 0, json, end);
		end = writeThree(((all / 1_000) | 0) % 1_000, json, end);
		end = writeThree(all % 1_000, json, end);
	}
	while (json[end - 1] === zero) end--;
	return end;
}

function writeThree(digits: number, json: Buffer, start: number): number {
	json[start] = zero + ((digits / 100) | 0);
	json[start + 1] = zero + (((digits / 10) | 0) % 10);
	json[start + 2] = zero + (digits % 10);
	return start + 3;
}

function shortest(value: number): string {
	for (let count = fewestDigits; count < mostDigits; count++) {
		const decimal = Number(value.toPrecision(count));
		if (isRead(decimal, value)) return String(decimal);
	}
	return String(Number(value.toPrecision(mostDigits)));
}

/** Whether a decimal is read as a float, by whichever way: as one, or as a double that is rounded. */
function isRead(decimal: number, float: number): boolean {
	return (
		Math.fround(decimal * (1 - margin)) === float &&
		Math.fround(decimal * (1 + margin)) === float
	);
}
