import { readContentRange, resumeValidator } from "./content-range.ts";
import {
	Interrupted,
	refused,
	statusFailure,
	transportFailure,
} from "./failure.ts";
import { discard, type HttpAnswer, HttpSource } from "./http-source.ts";
import type { DownloadOptions } from "./options.ts";
import type { PartialFile } from "./partial-file.ts";
import { shownUrl } from "./trusted-url.ts";

/**
 * A file on its way from a server, in as many attempts as it takes. An attempt goes on where the last one ended, if
 * the server says that its content is still the same, and starts over if not.
 */
export class HttpTransfer {
	readonly #url: URL;
	readonly #file: PartialFile;
	readonly #options: DownloadOptions;
	readonly #source: HttpSource;
	/** Names the content that the file has the beginning of. */
	#validator: string | undefined;
	/** Size of the whole, once a server has said it. */
	#total: number | undefined;

	constructor(url: URL, file: PartialFile, options: DownloadOptions) {
		this.#url = url;
		this.#file = file;
		this.#options = options;
		this.#source = new HttpSource(options);
	}

	/** Brings the rest of the file. @throws Interrupted where another attempt may do better; SidecarError if none will */
	async attempt(): Promise<void> {
		const resumedAt = this.#validator === undefined ? 0 : this.#file.size;
		const answer = await this.#source.get(this.#url, {
			...(resumedAt > 0 &&
				this.#validator !== undefined && {
					range: `bytes=${resumedAt}-`,
					"if-range": this.#validator,
				}),
		});
		try {
			await this.#begin(answer, resumedAt);
			await this.#receive(answer);
		} finally {
			discard(answer);
		}
		this.#requireWhole(answer.url, resumedAt);
	}

	/** Makes the file ready for the answer's body. */
	async #begin(answer: HttpAnswer, resumedAt: number): Promise<void> {
		const { status, headers, url } = answer;
		const encoding = headers["content-encoding"];
		const resumed = resumedAt > 0 && status === 206;
		if (resumedAt > 0 && status === 416) throw this.#startOver(url);
		if (status !== 200 && !resumed) throw statusFailure(url, status);
		if (encoding !== undefined && encoding !== "identity")
			throw refused(
				url,
				`sends content-encoding ${encoding}: the archive itself is needed`,
			);
		if (resumed) return this.#resume(answer, resumedAt);
		if (this.#file.size > 0) await this.#file.restart();
		const length = headers["content-length"];
		this.#total = length === undefined ? undefined : Number(length);
		this.#validator = resumeValidator(headers);
		if (this.#total !== undefined) this.#file.requireRoom(this.#total);
	}

	#resume({ headers, url }: HttpAnswer, resumedAt: number): void {
		const range = readContentRange(headers["content-range"]);
		const sameSize =
			this.#total === undefined ||
			range?.total === undefined ||
			range.total === this.#total;
		const sameTag =
			typeof headers.etag !== "string" ||
			!this.#validator?.startsWith('"') ||
			headers.etag === this.#validator;
		if (range?.first !== resumedAt || !sameSize || !sameTag)
			throw this.#startOver(url);
		this.#total ??= range.total;
		if (this.#total !== undefined) this.#file.requireRoom(this.#total);
	}

	/** The socket is read on only as the body is: what is in memory is a few pieces of 64 KiB. */
	async #receive({ body, url }: HttpAnswer): Promise<void> {
		const { signal } = this.#options;
		try {
			for await (const piece of body) await this.#file.append(piece);
		} catch (error) {
			signal.throwIfAborted();
			throw transportFailure(url, error);
		}
	}

	#requireWhole(url: URL, resumedAt: number): void {
		const { sizeBytes, sha256 } = this.#file.content();
		const expected = this.#options.sha256;
		if (this.#total !== undefined && sizeBytes < this.#total)
			throw new Interrupted(
				`${shownUrl(url)} ended after ${sizeBytes} of ${this.#total} bytes`,
			);
		if (sizeBytes === 0) throw refused(url, "is empty");
		// Parts of two contents, from a server that says that they are one.
		if (resumedAt > 0 && expected !== undefined && sha256 !== expected)
			throw this.#startOver(url);
	}

	#startOver(url: URL): Interrupted {
		this.#validator = undefined;
		return new Interrupted(
			`${shownUrl(url)} does not go on with what it began with`,
		);
	}
}
