/** Digits that bring every 32-bit float back exactly: IEEE 754 binary32 needs 9. */
const significantDigits = 9;

/** Characters of a number at most, `-0.00000123456789`, and of what separates it. */
const longestNumber = 20;

const zero = 0x30;
const [comma, minus, point] = [0x2c, 0x2d, 0x2e];
const [opening, closing] = [0x5b, 0x5d];

/**
 * A vector as a JSON array; read as 32-bit floats, the numbers are the vector's own.
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
		if (size >= 0.001 && size < 1) {
			if (value < 0) json[end++] = minus;
			end = writeFraction(size, json, end);
		} else {
			end += json.write(value.toPrecision(significantDigits), end, "latin1");
		}
	}
	json[end++] = closing;
	return json.toString("latin1", 0, end);
}

/**
 * What `toPrecision` would write of a float from 0.001 on and below 1, several times faster: nearly all components of a
 * vector of length 1 are of that size. 9 digits are a whole number that a double holds exactly.
 *
 * @returns where it ends
 */
function writeFraction(size: number, json: Buffer, start: number): number {
	const zeros = size >= 0.1 ? 0 : size >= 0.01 ? 1 : 2;
	const scale = zeros === 0 ? 1e9 : zeros === 1 ? 1e10 : 1e11;
	const digits = Math.round(size * scale);
	let end = start;
	json[end++] = zero;
	json[end++] = point;
	for (let i = 0; i < zeros; i++) json[end++] = zero;
	end = writeThree((digits / 1_000_000) | 0, json, end);
	end = writeThree(((digits / 1_000) | 0) % 1_000, json, end);
	return writeThree(digits % 1_000, json, end);
}

function writeThree(digits: number, json: Buffer, start: number): number {
	json[start] = zero + ((digits / 100) | 0);
	json[start + 1] = zero + (((digits / 10) | 0) % 10);
	json[start + 2] = zero + (digits % 10);
	return start + 3;
}
