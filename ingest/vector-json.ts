/** Digits that bring every 32-bit float back exactly: IEEE 754 binary32 needs 9. */
const significantDigits = 9;

/**
 * A vector as a JSON array; read as 32-bit floats, the numbers are the vector's own.
 *
 * @throws RangeError for a number that JSON can't hold (NaN, infinity)
 */
export function vectorJson(vector: Float32Array): string {
	let json = "[";
	for (let index = 0; index < vector.length; index++) {
		const value = vector[index];
		if (value === undefined || !Number.isFinite(value))
			throw new RangeError(`component ${index} of a vector is ${value}`);
		json += (index === 0 ? "" : ",") + value.toPrecision(significantDigits);
	}
	return `${json}]`;
}
