/** How many bytes a number of OpenSearch's may have in its shortest form. */
const mostNumberBytes = 5;

/** Reads what OpenSearch writes to other nodes: numbers of 7 bits a byte, lowest first, and strings in its own UTF-8. */
class Stream {
	readonly #bytes: Buffer;
	#position = 0;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	/** @throws RangeError past the end */
	number(): number {
		let value = 0;
		for (let index = 0; index < mostNumberBytes; index++) {
			const byte = this.#bytes.readUInt8(this.#position++);
			value += (byte & 0x7f) * 2 ** (7 * index);
			if (byte < 0x80) return value;
		}
		throw new RangeError("a number is too long");
	}

	/** A string of which the length counts characters: index names and ids have one byte for each of ASCII. */
	string(): string {
		const length = this.number();
		let text = "";
		for (let index = 0; index < length; index++) text += this.#character();
		return text;
	}

	skip(bytes: number): void {
		this.#position += bytes;
	}

	/** Modified UTF-8: each UTF-16 unit has one to three bytes. */
	#character(): string {
		const first = this.#bytes.readUInt8(this.#position++);
		if (first < 0x80) return String.fromCharCode(first);
		const second = this.#bytes.readUInt8(this.#position++) & 0x3f;
		if (first < 0xe0)
			return String.fromCharCode(((first & 0x1f) << 6) | second);
		const third = this.#bytes.readUInt8(this.#position++) & 0x3f;
		return String.fromCharCode(((first & 0x0f) << 12) | (second << 6) | third);
	}
}

/**
 * The indices in which a search with a point in time looks, with commas between; undefined for an id that is not read as
 * OpenSearch 2 and 3 write them: the version, and for each shard its index (name, UUID), its number, and where it is
 * searched (node, cluster, the number and session of its context).
 */
export function indicesOfPointInTime(id: string): string | undefined {
	const stream = new Stream(Buffer.from(id, "base64url"));
	const names = new Set<string>();
	try {
		stream.number();
		for (let shards = stream.number(); shards > 0; shards--) {
			names.add(stream.string());
			stream.string();
			stream.number();
			stream.string();
			if (stream.number() !== 0) stream.string();
			stream.skip(8);
			stream.string();
		}
	} catch (error) {
		if (error instanceof RangeError) return undefined;
		throw error;
	}
	return names.size > 0 ? [...names].join(",") : undefined;
}
