/** A field of a message of protocol buffers. */
export interface Field {
	number: number;
	/** Empty where the field is a number. */
	content: Buffer;
	/** With its head. */
	whole: Buffer;
}

/** The fields of a message that has numbers and bytes only, as the ones read here do. */
export function* fields(message: Buffer): Generator<Field> {
	let position = 0;
	const next = (): number => {
		let value = 0;
		for (let factor = 1; ; factor *= 128) {
			const byte = message.readUInt8(position++);
			value += (byte & 127) * factor;
			if (byte < 128) return value;
		}
	};
	while (position < message.length) {
		const start = position;
		const head = next();
		let content = message.subarray(0, 0);
		if (head % 8 === 2) {
			const length = next();
			content = message.subarray(position, position + length);
			position += length;
		} else if (head % 8 === 0) next();
		else throw new RangeError(`a field of wire type ${head % 8}`);
		const whole = message.subarray(start, position);
		yield { number: Math.floor(head / 8), content, whole };
	}
}
