// What a configuration asks for beside full attention. The files are shortened from those of the
// models' authors; what each of them computes is read off its own code (transformers 5.24), not off
// ours.
#include "models/workload/unmodelled.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "models/workload/hugging_face.hpp"
#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

using test::expect_refused;

const std::string kLlamaKeys =
    R"("hidden_size": 4096, "intermediate_size": 14336, "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8)";

std::string file_of(const std::string& type, const std::string& more,
                    const std::string& positions = "32768") {
  return "{\"model_type\": \"" + type + "\", " + kLlamaKeys +
         ", \"max_position_embeddings\": " + positions + (more.empty() ? "" : ", " + more) + "}";
}
std::string bert(const std::string& more) {
  return R"({"model_type": "bert", "hidden_size": 768, "intermediate_size": 3072, "max_position_embeddings": 512,
             "num_attention_heads": 12, "num_hidden_layers": 12)" +
         (more.empty() ? "" : ", " + more) + "}";
}
std::string gpt2(const std::string& more) {
  return R"({"model_type": "gpt2", "n_positions": 1024, "n_embd": 768, "n_head": 12, "n_layer": 12)" +
         (more.empty() ? "" : ", " + more) + "}";
}

std::vector<std::string> assumed(const std::string& text, std::int64_t tokens,
                                 const Stated& stated) {
  const Workload workload = parse_hugging_face(text, "some/config.json", stated.assume);
  Shape shape = workload.shape();
  shape.seq_q = shape.seq_kv = tokens;
  return assumptions_of(workload, shape, 1, stated);
}
bool names(const std::vector<std::string>& texts, const std::string& word) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return text.find(word) != std::string::npos; });
}

// Runs at `tokens` without a word about `key`.
void silent(const std::string& text, std::int64_t tokens, const std::string& key) {
  EXPECT_FALSE(names(assumed(text, tokens, {}), key)) << text;
}
// Runs, and says so.
void said(const std::string& text, std::int64_t tokens, const std::string& key) {
  EXPECT_TRUE(names(assumed(text, tokens, {}), key)) << text;
}
// Refused with file, key and the option that helps; run and said with it.
void refused(const std::string& text, std::int64_t tokens, const std::string& key) {
  expect_refused([&] { assumed(text, tokens, {}); },
                 {"some/config.json", key, "--assume full-attention"});
  for (const Assume assume : {Assume::full_attention, Assume::plain})
    EXPECT_TRUE(names(assumed(text, tokens, {.assume = assume}), key.substr(0, key.find(' '))))
        << text;
}

TEST(Unmodelled, PlainModelsAreRunWithoutAWord) {
  for (const std::string& text :
       {bert(""), gpt2(""),
        file_of("llama", R"("rope_scaling": {"factor": 8.0, "rope_type": "llama3"})"),
        file_of("gemma", R"("head_dim": 256)"), file_of("phi3", R"("sliding_window": null)")}) {
    EXPECT_TRUE(parse_hugging_face(text, "config.json").unmodelled.empty()) << text;
  }
}

TEST(Unmodelled, WindowsShorterThanTheSequence) {
  const std::string mistral = file_of("mistral", R"("sliding_window": 4096)");
  refused(mistral, 4097, "sliding_window = '4096'");
  silent(mistral, 4096, "sliding_window");
  // v0.2 and later have none; a file that is silent has the code's default, 4096.
  silent(file_of("mistral", R"("sliding_window": null)"), 32768, "sliding_window");
  refused(file_of("mistral", ""), 8192, "sliding_window");
  silent(file_of("mistral", ""), 4096, "sliding_window");
  // Phi-3 mini 4K: 2047 keys, on its 4096 positions.
  const std::string phi = file_of("phi3", R"("sliding_window": 2047)", "4096");
  refused(phi, 4096, "sliding_window = '2047'");
  silent(phi, 2047, "sliding_window");
}

TEST(Unmodelled, WindowsThatMustBeSwitchedOn) {
  const std::string qwen =
      R"("sliding_window": 32768, "max_window_layers": 21, "use_sliding_window": )";
  silent(file_of("qwen2", qwen + "false", "131072"), 131072, "sliding_window");
  refused(file_of("qwen2", qwen + "true", "131072"), 131072, "sliding_window = '32768'");
  silent(file_of("qwen2", qwen + "true", "131072"), 32768, "sliding_window");
  refused(file_of("qwen3", R"("use_sliding_window": true, "max_window_layers": 0)"), 8192,
          "sliding_window");
  // From layer 32 of 32 on: no layer slides.
  silent(file_of("qwen2",
                 R"("sliding_window": 4096, "use_sliding_window": true, "max_window_layers": 32)"),
         8192, "sliding_window");
  silent(file_of("qwen3", ""), 32768, "sliding_window");
}

TEST(Unmodelled, LayersOfTheirOwnKinds) {
  const std::string window =
      R"("sliding_window": 1024, "use_sliding_window": true, "layer_types": )";
  silent(file_of("qwen3", window + R"(["full_attention", "full_attention"])"), 32768,
         "sliding_window");
  refused(file_of("qwen3", window + R"(["sliding_attention", "full_attention"])"), 32768,
          "sliding_window = '1024'");
  refused(file_of("qwen3", R"("layer_types": ["linear_attention", "full_attention"])"), 64,
          "layer_types");
  refused(
      file_of(
          "llama",
          R"("layer_types": ["chunked_attention", "full_attention"], "attention_chunk_size": 8192)"),
      8193, "attention_chunk_size = '8192'");
  silent(file_of("llama", R"("layer_types": ["chunked_attention"], "attention_chunk_size": 8192)"),
         8192, "attention_chunk_size");
  refused(file_of("llama", R"("attention_chunk_size": 256)"), 257, "attention_chunk_size");
  for (const std::string key :
       {R"("hybrid_override_pattern": "M-M*-")", R"("layers_block_type": ["mamba", "attention"])",
        R"("full_attention_interval": 4)", R"("mamba_d_state": 128)",
        R"("linear_num_key_heads": 16)", R"("kv_lora_rank": 512)", R"("index_topk": 2048)",
        R"("num_kv_shared_layers": 15)"}) {
    refused(file_of("llama", key), 64, key.substr(1, key.find('"', 1) - 1));
  }
  silent(file_of("llama",
                 R"("kv_lora_rank": null, "mamba_d_state": 0, "pruned_heads": {}, "auto_map": {})"),
         64, "kv_lora_rank");
}

TEST(Unmodelled, CappedScores) {
  // Gemma 2 caps by its code's default, 50, and slides in every other layer.
  refused(file_of("gemma2", R"("attn_logit_softcapping": 50.0, "query_pre_attn_scalar": 128)"), 64,
          "attn_logit_softcapping = '50.0'");
  refused(file_of("gemma2", ""), 64, "attn_logit_softcapping");
  refused(file_of("gemma2", R"("attn_logit_softcapping": null)"), 4097, "sliding_window");
  silent(file_of("gemma2", R"("attn_logit_softcapping": null)"), 4096, "sliding_window");
  // A scale of its own changes values alone: 1/√144 where heads are 128 wide.
  said(file_of("gemma2", R"("attn_logit_softcapping": null, "query_pre_attn_scalar": 144)"), 64,
       "query_pre_attn_scalar = 144");
  silent(file_of("gemma2", R"("attn_logit_softcapping": null, "query_pre_attn_scalar": 128)"), 64,
         "query_pre_attn_scalar");
}

TEST(Unmodelled, MasksThatAreNotTheFamilys) {
  const std::string llama = file_of("llama", R"("is_causal": false)");
  refused(llama, 64, "is_causal = 'false'");
  EXPECT_FALSE(parse_hugging_face(llama, "config.json")
                   .causal);  // what it says is what is run, once it is told
  silent(file_of("llama", R"("is_causal": true)"), 64, "is_causal");
  const std::string decoder = bert(R"("is_decoder": true)");
  refused(decoder, 64, "is_decoder = 'true'");
  EXPECT_TRUE(parse_hugging_face(decoder, "config.json").causal);
  silent(bert(R"("is_decoder": false, "add_cross_attention": false, "is_encoder_decoder": false)"),
         64, "is_decoder");
  // Told which mask, both run, and say so.
  for (const std::string& text : {llama, decoder}) {
    const auto texts = assumed(text, 64, {.mask = true});
    EXPECT_TRUE(names(texts, "as told")) << text;
  }
  refused(file_of("gemma", R"("use_bidirectional_attention": true)"), 64,
          "use_bidirectional_attention");
}

TEST(Unmodelled, PartsAndCodeOfTheirOwn) {
  refused(gpt2(R"("add_cross_attention": true)"), 64, "add_cross_attention = 'true'");
  refused(bert(R"("is_encoder_decoder": true)"), 64, "is_encoder_decoder");
  refused(file_of("phi3", R"("auto_map": {"AutoConfig": "configuration_phi3.Phi3Config"})"), 64,
          "auto_map");
  const std::string t5 =
      R"({"model_type": "t5", "d_ff": 2048, "d_kv": 64, "d_model": 512, "num_heads": 8, "num_layers": 6)";
  said(t5 + R"(, "is_encoder_decoder": true})", 64, "is_encoder_decoder = true");
  said(t5 + "}", 64, "cross-attention are not");
  silent(t5 + R"(, "is_encoder_decoder": false})", 64, "is_encoder_decoder");
  refused(
      R"({"model_type": "transfo-xl", "d_head": 64, "d_inner": 4096, "d_model": 1024, "n_head": 16, "n_layer": 18})",
      64, "positions");
  refused(bert(R"("position_embedding_type": "relative_key_query")"), 64,
          "position_embedding_type = 'relative_key_query'");
  silent(bert(R"("position_embedding_type": "absolute")"), 64, "position_embedding_type");
}

TEST(Unmodelled, EveryReasonIsNamedAtOnce) {
  expect_refused(
      [] {
        assumed(file_of("mistral", R"("auto_map": {"AutoModel": "m.M"}, "is_causal": false)"), 8192,
                {});
      },
      {"auto_map", "is_causal", "sliding_window", "--no-causal"});
}

TEST(Unmodelled, ValuesAreShownShortAndPrintable) {
  expect_refused(
      [] {
        assumed(file_of("llama", "\"auto_map\": \"\\u001b[31m" + std::string(500, 'x') + "\""), 64,
                {});
      },
      {"auto_map", "…"});
  try {
    assumed(file_of("llama", R"("auto_map": "\u001b[31m")"), 64, {});
    ADD_FAILURE() << "accepted";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()).find('\x1b'), std::string::npos);
    EXPECT_LT(std::string(error.what()).size(), 400u);
  }
}

TEST(Unmodelled, AnUnknownModelAsAPlainOne) {
  const std::string text = file_of("never_heard_of", R"("architectures": ["NeverForCausalLM"])");
  expect_refused([&] { parse_hugging_face(text, "config.json"); },
                 {"model_type = 'never_heard_of'", "--assume plain"});
  expect_refused([&] { parse_hugging_face(text, "config.json", Assume::full_attention); },
                 {"model_type"});
  const Workload plain = parse_hugging_face(text, "config.json", Assume::plain);
  EXPECT_EQ(plain.heads, 32);
  EXPECT_EQ(plain.shape().kv_heads, 8);
  EXPECT_EQ(plain.width_qk, 128);
  EXPECT_TRUE(plain.causal);
  EXPECT_TRUE(names(assumed(text, 64, {.assume = Assume::plain}), "never_heard_of"));
  EXPECT_FALSE(
      parse_hugging_face(file_of("never_heard_of", ""), "config.json", Assume::plain).causal);
}

TEST(Assumptions, WhatNobodyGaveIsSaid) {
  Workload workload = parse_hugging_face(bert(""), "config.json");
  const auto texts = assumptions_of(workload, workload.shape(), 1, {});
  EXPECT_TRUE(names(texts, "batch 1: the workload names none"));
  EXPECT_TRUE(names(texts, "512 tokens"));
  EXPECT_TRUE(names(texts, "one of the model's 12 layers"));
  const auto given =
      assumptions_of(workload, workload.shape(), 12, {.batch = true, .length = true});
  EXPECT_TRUE(given.empty()) << given.front();
  workload.seq = 1024;
  EXPECT_TRUE(names(assumptions_of(workload, workload.shape(), 12, {.batch = true, .length = true}),
                    "512 positions"));
  workload.names_batch = true;
  workload.batch = 64;
  EXPECT_TRUE(
      names(assumptions_of(workload, workload.shape(), 1, {}), "batch 64: the workload's own"));
}

}  // namespace
}  // namespace weft::workload
