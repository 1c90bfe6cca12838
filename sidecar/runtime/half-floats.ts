/** Bits of the fraction of an IEEE 754 binary16, and what its exponents are counted from. */
const fractionBits = 10;
const exponentBias = 15;

/** The numbers of all 65,536 bit patterns, 256 KiB; made at the first use, as few models have halves. */
let numbers: Float32Array | undefined;

/** Halves as single precision, which holds each of them exactly. */
export function fromHalves(bits: Uint16Array): Float32Array {
	numbers ??= Float32Array.from({ length: 65_536 }, (_, half) =>
		numberOf(half),
	);
	const values = new Float32Array(bits.length);
	for (let i = 0; i < bits.length; i++) {
		values[i] = numbers[bits[i] ?? 0] ?? 0;
	}
	return values;
}

/** The bits of whole numbers from 0 to 2,048, which a half holds exactly. */
export function toHalves(values: Int32Array): Uint16Array {
	return Uint16Array.from(values, (value) => {
		if (value === 0) return 0;
		const exponent = 31 - Math.clz32(value);
		const fraction = (value / 2 ** exponent - 1) * 2 ** fractionBits;
		return ((exponent + exponentBias) << fractionBits) | fraction;
	});
}

function numberOf(half: number): number {
	const sign = half >> 15 === 0 ? 1 : -1;
	const exponent = (half >> fractionBits) & 31;
	const fraction = (half & 1023) / 1024;
	if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
	return exponent === 0
		? sign * fraction * 2 ** (1 - exponentBias)
		: sign * (1 + fraction) * 2 ** (exponent - exponentBias);
}
