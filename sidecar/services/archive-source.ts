import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { Compile } from "typebox/compile";
import type { FunctionName, ModelConfig } from "../../schemas/model.ts";
import { PretrainedConfig } from "../../schemas/register.ts";
import { download } from "../download/download.ts";
import type { Downloaded, DownloadOptions } from "../download/options.ts";
import type { TrustedUrls } from "../download/trusted-url.ts";
import { SidecarError } from "../errors.ts";
import { readModelFunction } from "./function-name.ts";
import { readFunctionConfig } from "./model-config.ts";
import type { ModelOrder } from "./register-request.ts";

export type DownloadLimits = Omit<
	DownloadOptions,
	"trusted" | "sha256" | "signal" | "onRetry"
>;

export interface ArchiveSourceOptions {
	limits: DownloadLimits;
	/** Where the pretrained models are: https, http or file, without a slash at the end. */
	pretrainedUrl: string;
	logger: Logger;
}

/** A model's archive on disk, its hash checked, and what came with it. */
export interface FetchedArchive extends Downloaded {
	path: string;
	functionName: FunctionName;
	config: ModelConfig | undefined;
	description?: string;
}

/** Where a download goes, and what ends it. */
interface Target {
	folder: string;
	signal: AbortSignal;
}

interface Content {
	url: string;
	hash: string | undefined;
	trusted: TrustedUrls;
}

const configBytes = 1024 * 1024;
const pretrainedConfig = Compile(PretrainedConfig);

/** Brings the archives of models onto this sidecar's disk: from a URL, or from where the pretrained models are. */
export class ArchiveSource {
	readonly #options: ArchiveSourceOptions;
	readonly #trustedPretrained: RegExp;

	constructor(options: ArchiveSourceOptions) {
		this.#options = options;
		// What the operator chose, and where that redirects to.
		const base = options.pretrainedUrl.replace(/[^\w]/g, "\\$&");
		this.#trustedPretrained = new RegExp(`^(?:${base}/|https:)`);
	}

	/** @throws SidecarError with the reason for the task; the signal's reason */
	async fetch(order: ModelOrder, target: Target): Promise<FetchedArchive> {
		const { origin } = order;
		if ("pretrained" in origin) return this.#fetchPretrained(origin, target);
		return {
			...(await this.#archive(origin, target)),
			functionName: order.functionName,
			config: origin.config,
		};
	}

	async #fetchPretrained(
		{ pretrained, version }: { pretrained: string; version: string },
		target: Target,
	): Promise<FetchedArchive> {
		const place = pretrainedPlace(pretrained, version);
		if (!place) throw notPretrained();
		const base = `${this.#options.pretrainedUrl}/${place.folder}`;
		try {
			const listed = await this.#config(`${base}/config.json`, target);
			const functionName = readModelFunction(
				listed.function_name ?? listed.model_task_type ?? "TEXT_EMBEDDING",
			);
			const config = readFunctionConfig(functionName, listed.model_config);
			const content = {
				url: `${base}/${place.archive}`,
				hash: listed.model_content_hash_value,
				trusted: this.#trustedPretrained,
			};
			return {
				...(await this.#archive(content, target)),
				functionName,
				config,
				...(listed.description !== undefined && {
					description: listed.description,
				}),
			};
		} catch (error) {
			if (error instanceof SidecarError && error.code === "not_found")
				throw notPretrained(error);
			throw error;
		}
	}

	async #config(
		url: string,
		{ folder, signal }: Target,
	): Promise<PretrainedConfig> {
		const path = join(folder, "config.json");
		const trusted = this.#trustedPretrained;
		const options = this.#downloadOptions({ trusted, signal });
		await download(url, path, { ...options, maxBytes: configBytes });
		try {
			return pretrainedConfig.Parse(JSON.parse(await readFile(path, "utf8")));
		} catch (cause) {
			throw new SidecarError(
				"bad_request",
				"the config.json of the pretrained model is not one",
				{ cause },
			);
		}
	}

	async #archive(
		{ url, hash, trusted }: Content,
		{ folder, signal }: Target,
	): Promise<Downloaded & { path: string }> {
		if (hash === undefined)
			throw new SidecarError(
				"bad_request",
				"Model content Hash code need to be provided when register via url. Please calculate sha 256 Hash code.",
			);
		const sha256 = hash.toLowerCase();
		// Nothing that could arrive has it: the download is not worth its while.
		if (!/^[0-9a-f]{64}$/.test(sha256))
			throw new SidecarError("bad_request", "model content changed");
		const path = join(folder, "archive.zip");
		const options = this.#downloadOptions({ trusted, signal });
		return { path, ...(await download(url, path, { ...options, sha256 })) };
	}

	#downloadOptions(
		options: Pick<DownloadOptions, "trusted" | "signal">,
	): DownloadOptions {
		const { limits, logger } = this.#options;
		return {
			...limits,
			...options,
			onRetry: (event) => logger.warn(event, "a download is tried again"),
		};
	}
}

/**
 * Where a pretrained model is below the base URL. Its name has slashes in it, and its archive is named after what
 * follows the first one. Undefined for a name that can't be one.
 */
export function pretrainedPlace(
	name: string,
	version: string,
): { folder: string; archive: string } | undefined {
	const parts = [...name.split("/"), version];
	if (parts.some((part) => !/^[\w-][\w.-]*$/.test(part))) return undefined;
	const file = name.slice(name.indexOf("/") + 1).replaceAll("/", "_");
	return {
		folder: `${name}/${version}/onnx`,
		archive: `${file}-${version}-onnx.zip`,
	};
}

function notPretrained(cause?: unknown): SidecarError {
	return new SidecarError(
		"bad_request",
		"This model is not in the pre-trained model list, please check your parameters.",
		{ ...(cause !== undefined && { cause }) },
	);
}
