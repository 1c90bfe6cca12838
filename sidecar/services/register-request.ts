import type {
	FunctionName,
	ModelConfig,
	RegisterMetaRequest,
	StoredModel,
} from "../../schemas/model.ts";
import type { RegisterRequest } from "../../schemas/register.ts";
import {
	parseTrusted,
	type TrustedUrls,
	trustedPattern,
} from "../download/trusted-url.ts";
import { SidecarError } from "../errors.ts";
import { readModelFunction } from "./function-name.ts";
import { readFunctionConfig } from "./model-config.ts";
import { requireOnnx } from "./model-format.ts";
import { refuseAccessControl } from "./model-groups.ts";
import { readRateLimiter } from "./rate-limits.ts";

/** What the cluster settings say about registrations. */
export interface RegisterSettings {
	/** Whether there may be models at all. */
	enabled: boolean;
	allowUrl: boolean;
	/** As Java writes it. */
	trustedUrlRegex: string;
	/** At a time, on one sidecar. */
	maxTasks: number;
}

/** What a client says about a model, and the sidecar does not ask of its content. */
export type ModelFields = Pick<
	StoredModel,
	"description" | "is_enabled" | "rate_limiter" | "deploy_setting" | "interface"
>;

/** Where a model comes from: a URL that the client gave, or the list of pretrained models. */
export type ModelOrigin =
	| {
			url: string;
			hash: string | undefined;
			config: ModelConfig | undefined;
			trusted: TrustedUrls;
	  }
	| { pretrained: string; version: string };

/** A model that is to be registered, checked as far as it can be without its content. */
export interface ModelOrder {
	name: string;
	groupId?: string;
	/** As the client says; what a pretrained model is for is written with it. */
	functionName: FunctionName;
	fields: ModelFields;
	origin: ModelOrigin;
}

/** Reads a registration in ml-commons' words. @throws SidecarError bad_request, bad_definition, bad_fields */
export function readRegisterRequest(
	request: RegisterRequest,
	settings: RegisterSettings,
): ModelOrder {
	const { name, function_name, model_format, url } = request;
	const functionName = readModelFunction(function_name ?? "TEXT_EMBEDDING");
	if (name === undefined) throw invalid("model name is null");
	requireOnnx(model_format?.toUpperCase());
	const fields = readFields(request);
	const config =
		url === undefined
			? undefined
			: readFunctionConfig(functionName, request.model_config);
	if (name.trim() === "")
		throw new SidecarError(
			"bad_fields",
			"Validation Failed: 1: Model name is required and cannot be null or blank;",
		);
	refuseAccessControl(request);
	return {
		name,
		functionName,
		...(request.model_group_id && { groupId: request.model_group_id }),
		fields,
		origin:
			url === undefined
				? { pretrained: name, version: request.version ?? "" }
				: {
						url,
						hash: request.model_content_hash_value,
						config,
						trusted: checkUrl(url, settings),
					},
	};
}

/** @returns what the URL, and those that it leads to, have to match */
function checkUrl(url: string, settings: RegisterSettings): TrustedUrls {
	if (!settings.allowUrl)
		throw invalid(
			"To upload custom model user needs to enable allow_registering_model_via_url settings. Otherwise please use OpenSearch pre-trained models.",
		);
	const trusted = trustedPattern(settings.trustedUrlRegex);
	parseTrusted(url, trusted);
	return trusted;
}

/** What a client says besides, for whatever way its model is registered. @throws SidecarError bad_definition, bad_request */
export function readFields(request: RegisterMetaRequest): ModelFields {
	const { description, is_enabled, deploy_setting, rate_limiter } = request;
	return {
		...(description !== undefined && { description }),
		...(is_enabled !== undefined && { is_enabled }),
		...(rate_limiter !== undefined && {
			rate_limiter: readRateLimiter(rate_limiter),
		}),
		...(deploy_setting !== undefined && {
			deploy_setting: { model_ttl_minutes: -1, ...deploy_setting },
		}),
		...(request.interface !== undefined && { interface: request.interface }),
	};
}

function invalid(reason: string): SidecarError {
	return new SidecarError("bad_request", reason);
}
