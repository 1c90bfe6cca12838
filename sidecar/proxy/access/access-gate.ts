import type { FastifyRequest } from "fastify";
import type { BodyLimit } from "../../http/client-body.ts";
import type { HiddenAliasService } from "../../services/hidden-aliases.ts";
import type { Replacement } from "../upstream.ts";
import { bodyLanguage } from "./body-language.ts";
import { guardedBody } from "./guarded-body.ts";
import type { HeaderDefaults } from "./guarded-searches.ts";
import { guardedText } from "./guarded-text.ts";
import {
	expansionAskedBy,
	type GuardedUrl,
	guardedUrl,
} from "./guarded-url.ts";
import { HiddenNames } from "./hidden-names.ts";
import { forbidden } from "./index-expression.ts";
import type { RenderTemplate } from "./rendered-template.ts";
import { parseTarget, type RequestTarget, valuesOf } from "./request-target.ts";
import { checkView } from "./searched-view.ts";

export interface AccessGateOptions {
	aliases: HiddenAliasService;
	/** A body that has to be read whole to be judged. */
	bodyLimit: BodyLimit;
}

/** What a URL has that holds a body. */
const withBody = /source|%/;

/** Keeps what clients send to OpenSearch away from the sidecar's own indices. */
export class AccessGate {
	readonly #options: AccessGateOptions;
	#names = new HiddenNames(new Set());

	constructor(options: AccessGateOptions) {
		this.#options = options;
	}

	/** Whether a URL is harmless, as far as that can be told without waiting. */
	isPlain(url: string): boolean {
		const names = this.#known();
		return (
			names !== undefined &&
			!withBody.test(url) &&
			guardedUrl(url, names).url === url
		);
	}

	/** See {@link guardedUrl}. A body in the URL is judged as one, and is not changed: it has to be harmless. */
	async url(url: string, render: RenderTemplate): Promise<GuardedUrl> {
		const names = await this.#current();
		if (withBody.test(url)) {
			const target = parseTarget(url);
			const language = bodyLanguage(target);
			const options = { names, defaults: defaultsOf(target), render };
			for (const source of valuesOf(target, "source"))
				if ((await guardedText(source, language, options)) !== source)
					throw forbidden(source);
		}
		return guardedUrl(url, names);
	}

	/** See {@link guardedBody}. */
	async body(
		request: FastifyRequest,
		replacement: Replacement | undefined,
		render: RenderTemplate,
	): Promise<Replacement | undefined> {
		const names = this.#known() ?? (await this.#current());
		const target = parseTarget(replacement?.url ?? request.originalUrl);
		return guardedBody(request, replacement, {
			language: bodyLanguage(target),
			names,
			limit: this.#options.bodyLimit,
			defaults: defaultsOf(target),
			render,
		});
	}

	/** See {@link guardedText}, for a body that is sent to a URL. */
	async text(
		body: string,
		url: string,
		render: RenderTemplate,
	): Promise<string> {
		const names = await this.#current();
		const target = parseTarget(url);
		const defaults = defaultsOf(target);
		return guardedText(body, bodyLanguage(target), { names, defaults, render });
	}

	/** See {@link checkView}. */
	async view(definition: string, url: string): Promise<void> {
		checkView(definition, url, await this.#current());
	}

	async #current(): Promise<HiddenNames> {
		return this.#meaning(await this.#options.aliases.current());
	}

	/** Undefined where OpenSearch has to be asked first. */
	#known(): HiddenNames | undefined {
		const aliases = this.#options.aliases.known;
		return aliases && this.#meaning(aliases);
	}

	#meaning(aliases: ReadonlySet<string>): HiddenNames {
		if (aliases !== this.#names.aliases) this.#names = new HiddenNames(aliases);
		return this.#names;
	}
}

function defaultsOf(target: RequestTarget): HeaderDefaults {
	return {
		index: target.indexFirst
			? target.segments[0]
			: valuesOf(target, "index").at(-1),
		hidden: expansionAskedBy(target).hidden,
	};
}
