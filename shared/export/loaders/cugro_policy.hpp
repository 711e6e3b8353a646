// Acts with an exported policy: C++17 and its standard library alone. Reads weights.safetensors.
//
//   cugro::Policy policy("FOLDER");
//   std::vector<float> action = policy.act(observation, 1);   // task 1; raw numbers in, raw numbers out
//   policy.act(observation, 1, "sampler");                    // of a discrete action the one number that it is
//
// g++ -std=c++17 -O3 -x c++ -DCUGRO_SELF_TEST cugro_policy.hpp -o selftest && ./selftest FOLDER
#ifndef CUGRO_POLICY_HPP
#define CUGRO_POLICY_HPP
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace cugro {

/** Rows of numbers; where two meet, one of them may have a single row. */
struct Rows {
  size_t rows = 1, width = 1;
  std::vector<float> data{0};
  float* operator[](size_t row) { return data.data() + (row % rows) * width; }
  const float* operator[](size_t row) const { return data.data() + (row % rows) * width; }
};

/** A safetensors file: arrays as rows of their last axis, and the metadata. */
struct File {
  std::map<std::string, Rows> arrays;
  std::map<std::string, std::string> metadata;

  explicit File(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw std::runtime_error("Cannot read " + path + ": there is no such file");
    const std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    uint64_t size = 0;
    if (bytes.size() >= 8) std::memcpy(&size, bytes.data(), 8);
    if (bytes.size() < 8 || size > bytes.size() - 8) throw std::runtime_error(path + " is no safetensors file");
    const std::string header = bytes.substr(8, size);
    size_t at = 1;
    const auto text = [&] {  // The next text in quotes; the files that are read here have no others.
      const size_t from = header.find('"', at) + 1, to = header.find('"', from);
      if (from == 0 || to == std::string::npos) throw std::runtime_error(path + " is damaged");
      at = to + 1;
      return header.substr(from, to - from);
    };
    const auto numbers = [&](const char* name) {
      const size_t from = header.find('[', header.find(name, at)) + 1, to = header.find(']', from);
      at = to + 1;
      std::vector<size_t> found;
      std::stringstream list(header.substr(from, to - from));
      for (std::string one; std::getline(list, one, ',');) found.push_back(std::stoull(one));
      return found;
    };
    while (header.find('"', at) != std::string::npos) {
      const std::string name = text();
      if (name == "__metadata__") {
        while (header.find_first_of("\"}", at) != header.find('}', at)) {
          const std::string key = text();
          metadata[key] = text();
        }
        ++at;
        continue;
      }
      text();
      const bool isFloat = text() == "F32";
      const auto shape = numbers("\"shape\""), range = numbers("\"data_offsets\"");
      Rows rows;
      rows.data.resize((range.at(1) - range.at(0)) / 4);
      rows.width = shape.size() < 2 ? 1 : shape.back();
      rows.rows = rows.width ? rows.data.size() / rows.width : 0;
      if (8 + size + range[1] > bytes.size()) throw std::runtime_error(path + " is cut off");
      std::vector<int32_t> whole(rows.data.size());
      const char* from = bytes.data() + 8 + size + range[0];
      std::memcpy(isFloat ? static_cast<void*>(rows.data.data()) : whole.data(), from, rows.data.size() * 4);
      if (!isFloat) std::copy(whole.begin(), whole.end(), rows.data.begin());
      arrays[name] = rows;
      at = header.find('}', at) + 1;
    }
  }
};

inline size_t best(const float* values, size_t count) { return std::max_element(values, values + count) - values; }

class Policy {
 public:
  File file;
  std::vector<int> tasks;
  /** How each task is served. */
  std::vector<std::string> acting;
  size_t classes, candidates;

  explicit Policy(const std::string& folder) : file(folder + "/weights.safetensors") {
    for (float id : array("tasks/ids").data) tasks.push_back(static_cast<int>(id));
    acting = split(knob("acting"), ',');
    classes = std::stoul(knob("classes"));
    candidates = std::stoul(knob("candidates"));
    for (const auto& [name, text] : file.metadata) {
      if (text.find(';') == std::string::npos) continue;
      for (const auto& word : split(text, ';')) {
        const auto parts = split(word, ' ');
        programs[name].push_back({parts[0], parts.size() > 1 ? parts[1] : ""});
      }
    }
  }

  /** One raw action [A] for one raw observation [S]. Noise is drawn where none is given. */
  std::vector<float> act(const std::vector<float>& observation, int task, std::string way = "",
                         const float* noise = nullptr, const float* gumbel = nullptr) {
    const size_t k = std::find(tasks.begin(), tasks.end(), task) - tasks.begin();
    if (k == tasks.size()) throw std::invalid_argument("Cannot act in task " + std::to_string(task) + ": not known");
    const size_t S = array("tasks/observations.min").width, A = array("tasks/actions.min").width;
    bool finite = observation.size() == S;
    for (float value : observation) finite = finite && std::isfinite(value);
    if (!finite) throw std::invalid_argument("An observation must have " + std::to_string(S) + " finite numbers");
    if (way.empty()) way = acting[k];
    Rows s{1, S, observation};
    for (size_t d = 0; d < S; ++d) s.data[d] = (s.data[d] - of("observations.centre", k)[d]) / of("observations.halfRange", k)[d];
    clamp(s, "observations.clampLow", "observations.clampHigh", k);
    Rows action;
    if (way == "actor") {
      action = run("actor", k, {{"s", s}});
      clamp(action, "actions.low", "actions.high", k);
    } else {
      std::normal_distribution<float> normal;
      std::extreme_value_distribution<float> extreme;
      Rows z{candidates, A, std::vector<float>(candidates * A)};
      std::vector<float> own(candidates);
      for (auto& value : z.data) value = normal(random);
      for (auto& value : own) value = extreme(random);
      if (noise) std::copy(noise, noise + z.data.size(), z.data.begin());
      if (gumbel) own.assign(gumbel, gumbel + candidates);
      Rows drawn = way == "sampler" ? sample(k, s, z) : run(way, k, {{"s", s}, {"z", z}});
      clamp(drawn, "actions.low", "actions.high", k);
      action = choose(k, s, drawn, own);
    }
    if (classes) return {static_cast<float>(best(action[0], A))};
    affine(action, "actions", k);
    clamp(action, "actions.min", "actions.max", k);
    return action.data;
  }

  const Rows& array(const std::string& name) const {
    const auto found = file.arrays.find(name);
    if (found == file.arrays.end()) throw std::runtime_error("weights.safetensors has no " + name);
    return found->second;
  }

 private:
  using Registers = std::map<std::string, Rows>;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> programs;
  std::mt19937_64 random{std::random_device{}()};

  static std::vector<std::string> split(const std::string& text, char by) {
    std::vector<std::string> parts;
    std::stringstream stream(text);
    for (std::string one; std::getline(stream, one, by);) parts.push_back(one);
    return parts;
  }
  const std::string& knob(const std::string& name) const { return file.metadata.at(name); }
  const float* of(const std::string& table, size_t k) const { return array("tasks/" + table)[k]; }
  void clamp(Rows& x, const std::string& low, const std::string& high, size_t k) const {
    for (size_t i = 0; i < x.data.size(); ++i) {
      x.data[i] = std::min(std::max(x.data[i], of(low, k)[i % x.width]), of(high, k)[i % x.width]);
    }
  }
  void affine(Rows& x, const std::string& kind, size_t k) const {
    const float *halfRange = of(kind + ".halfRange", k), *centre = of(kind + ".centre", k);
    for (size_t i = 0; i < x.data.size(); ++i) x.data[i] = x.data[i] * halfRange[i % x.width] + centre[i % x.width];
  }

  /** a plus b times `factor`. */
  static Rows sum(const Rows& a, const Rows& b, float factor = 1) {
    Rows out{std::max(a.rows, b.rows), std::max(a.width, b.width), {}};
    out.data.resize(out.rows * out.width);
    for (size_t r = 0; r < out.rows; ++r) {
      for (size_t c = 0; c < out.width; ++c) out[r][c] = a[r][a.width == 1 ? 0 : c] + factor * b[r][b.width == 1 ? 0 : c];
    }
    return out;
  }
  static Rows times(const Rows& x, const Rows& w) {
    Rows out{x.rows, w.width, std::vector<float>(x.rows * w.width)};
    for (size_t i = 0; i < x.width; ++i) {
      for (size_t r = 0; r < x.rows; ++r) {
        const float value = x[r][i];
        float* to = out[r];
        const float* row = w[i];
        for (size_t o = 0; o < w.width; ++o) to[o] += value * row[o];
      }
    }
    return out;
  }
  static void norm(Rows& x) {
    for (size_t r = 0; r < x.rows; ++r) {
      double mean = 0, variance = 0;
      for (size_t c = 0; c < x.width; ++c) mean += x[r][c] / x.width;
      for (size_t c = 0; c < x.width; ++c) variance += (x[r][c] - mean) * (x[r][c] - mean) / x.width;
      for (size_t c = 0; c < x.width; ++c) x[r][c] = (x[r][c] - mean) / std::sqrt(variance + 1e-5);
    }
  }
  static Rows flat(const std::vector<float>& data) { return {1, data.size(), data}; }

  /** A network's words, see bundle.json: one current value x and a few registers. */
  Rows run(const std::string& network, size_t k, Registers kept, size_t step = 0) const {
    Rows x;
    for (const auto& [verb, name] : programs.at(network)) {
      if (verb == "get") x = kept[name];
      else if (verb == "set") kept[name] = x;
      else if (verb == "add") x = sum(x, kept[name]);
      else if (verb == "join") {
        const Rows before = kept[name], own = x;
        x = {own.rows, before.width + own.width, {}};
        for (size_t r = 0; r < own.rows; ++r) {
          x.data.insert(x.data.end(), before[r], before[r] + before.width);
          x.data.insert(x.data.end(), own[r], own[r] + own.width);
        }
      } else if (verb == "times") x = times(x, array(name));
      else if (verb == "plus") x = sum(x, flat(array(name).data));
      else if (verb == "task" || verb == "step") {
        const float* row = array(name)[verb == "task" ? k : step];
        x = sum(x, flat({row, row + array(name).width}));
      } else if (verb == "pick") {
        Rows own{x.rows, 1, std::vector<float>(x.rows)};
        for (size_t r = 0; r < x.rows; ++r) own.data[r] = x[r][k];
        x = own;
      } else if (verb == "norm") norm(x);
      else if (verb == "silu") for (auto& v : x.data) v = v / (1 + std::exp(-v));
      else if (verb == "relu") for (auto& v : x.data) v = std::max(v, 0.0f);
      else throw std::runtime_error("weights.safetensors is newer than this file: it has the word " + verb);
    }
    return x;
  }

  Rows sample(size_t k, const Rows& s, const Rows& noise) const {
    Rows x = noise, at = noise, before = noise;
    std::vector<Rows> predicted;
    const Rows& solver = array("sampler/solver");
    for (size_t step = 0; step < solver.rows; ++step) {
      const float *row = solver[step], keep = row[0], end = row[4], clamps = row[5], kx = row[6], m = row[7], q = row[8];
      predicted.push_back(run("sampler", k, {{"s", s}, {"z", at}}, step));
      at = x;
      for (auto& v : at.data) v *= keep;
      for (size_t i = 0; i < 3; ++i) if (row[1 + i] != 0) at = sum(at, predicted[i], row[1 + i]);
      if (clamps) clamp(at, "actions.low", "actions.high", k);
      if (!end) continue;
      for (size_t i = 0; i < x.data.size(); ++i) {
        x.data[i] = kx * x.data[i] + m * (at.data[i] + q * (at.data[i] - before.data[i]));
      }
      before = at;
      at = x;
      predicted.clear();
    }
    return x;
  }

  static double mean(const std::vector<double>& q) { double s = 0; for (double v : q) s += v / q.size(); return s; }
  static double deviation(const std::vector<double>& q) {
    double s = 0;
    for (double v : q) s += (v - mean(q)) * (v - mean(q)) / q.size();
    return std::sqrt(s);
  }

  Rows choose(size_t k, const Rows& s, Rows candidate, const std::vector<float>& gumbel) const {
    const size_t M = candidates, A = candidate.width;
    if (classes) {
      for (size_t i = 0; i < M; ++i) {
        const size_t chosen = best(candidate[i], A);
        for (size_t d = 0; d < A; ++d) candidate[i][d] = d == chosen;
      }
    }
    Registers given{{"s", s}, {"z", candidate}};
    if (knob("criticNormalisedInputs") != "true") {
      affine(given["s"], "observations", k);
      affine(given["z"], "actions", k);
    }
    std::vector<std::vector<double>> all(M);
    for (int e = 0; e < std::stoi(knob("critics")); ++e) {
      const Rows values = run("critic." + std::to_string(e), k, given);
      for (size_t i = 0; i < M; ++i) all[i].push_back(values.data[i]);
    }
    std::vector<float> q;
    for (const auto& own : all) {
      q.push_back(knob("pessimism") == "min" ? *std::min_element(own.begin(), own.end())
                                             : mean(own) - std::stod(knob("pessimism")) * deviation(own));
    }
    std::vector<double> w = weigh(q, gumbel);
    if (knob("selection") == "mode" && !classes) w = heavierMode(w, candidate, of("actions.low", k), of("actions.high", k));
    Rows action{1, A, std::vector<float>(A)};
    for (size_t i = 0; i < M; ++i) for (size_t d = 0; d < A; ++d) action.data[d] += w[i] * candidate[i][d];
    return action;
  }

  /** The weight of each candidate, by its value. */
  std::vector<double> weigh(const std::vector<float>& q, const std::vector<float>& gumbel) const {
    std::vector<double> w(q.size(), 0);
    if (knob("selection") == "top") {
      const size_t n = std::min<size_t>(std::stoul(knob("topCount")), q.size());
      std::vector<size_t> order(q.size());
      for (size_t i = 0; i < order.size(); ++i) order[i] = i;
      std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return q[a] > q[b]; });
      for (size_t i = 0; i < n; ++i) w[order[i]] = 1.0 / n;
      return w;
    }
    const std::vector<double> own(q.begin(), q.end());
    const double spread = knob("selectionSpread") == "returns" ? 1 : std::max(deviation(own), 1e-4);
    const double greatest = *std::max_element(q.begin(), q.end()), alpha = std::stod(knob("inverseTemperature"));
    std::vector<float> logits;
    double total = 0;
    for (size_t i = 0; i < q.size(); ++i) {
      logits.push_back((q[i] - greatest) / spread * alpha);
      total += w[i] = std::exp(logits[i]);
      logits[i] += gumbel[i];
    }
    for (auto& v : w) v /= total;
    if (knob("selection") == "one") for (size_t i = 0; i < w.size(); ++i) w[i] = i == best(logits.data(), w.size());
    return w;
  }

  /** The weights again; where the candidates are two groups far apart, those of the heavier one alone. */
  static std::vector<double> heavierMode(std::vector<double> w, const Rows& actions, const float* low, const float* high) {
    const size_t M = w.size();
    std::vector<double> at(M), own(M);
    double variance = -1, mean = 0;
    for (size_t d = 0; d < actions.width; ++d) {
      double m = 0, v = 0;
      for (size_t i = 0; i < M; ++i) own[i] = high[d] > low[d] ? (actions[i][d] - low[d]) / (high[d] - low[d]) : 0;
      for (size_t i = 0; i < M; ++i) m += w[i] * own[i];
      for (size_t i = 0; i < M; ++i) v += w[i] * (own[i] - m) * (own[i] - m);
      if (v > variance) { variance = v; mean = m; at = own; }
    }
    double explained = -1, apart = 0, cut = 0;
    bool lowerIsHeavier = true;
    for (double place : at) {
      double share = 0, moment = 0;
      for (size_t i = 0; i < M; ++i) if (at[i] <= place) { share += w[i]; moment += w[i] * at[i]; }
      const double rest = std::max(1 - share, 0.0), whole = share * rest;
      const double gain = whole > 0 ? (mean * share - moment) * (mean * share - moment) / whole : 0;
      if (gain <= explained) continue;
      explained = gain;
      apart = whole > 0 ? (mean - moment) / rest - moment / share : 0;
      cut = place;
      lowerIsHeavier = share >= 0.5;
    }
    if (!(explained > 0.95 * variance && apart > 0.3)) return w;
    double total = 0;
    for (size_t i = 0; i < M; ++i) total += w[i] = (at[i] <= cut) == lowerIsHeavier ? w[i] : 0;
    for (auto& v : w) v /= total;
    return w;
  }
};

}  // namespace cugro

#ifdef CUGRO_SELF_TEST
#include <cstdio>
int main(int count, char** words) {
  const std::string folder = count > 1 ? words[1] : ".";
  cugro::Policy policy(folder);
  cugro::File test(folder + "/selftest.safetensors");
  const auto part = [&](const std::string& name, size_t row) {
    const auto& all = test.arrays.at(name).data;
    const size_t width = all.size() / test.arrays.at("task").data.size();
    return all.data() + row * width;
  };
  bool agrees = true;
  for (const std::string way : {"actor", "proposer", "sampler"}) {
    if (!test.arrays.count(way)) continue;
    const size_t rows = test.arrays.at("task").data.size(), S = test.arrays.at("observation").width;
    double greatest = 0;
    size_t far = 0;
    for (size_t row = 0; row < rows; ++row) {
      const int task = *part("task", row);
      const float* o = part("observation", row);
      const auto found = policy.act({o, o + S}, task, way, part("noise", row),
                                    test.arrays.count("gumbel") ? part("gumbel", row) : nullptr);
      const size_t k = std::find(policy.tasks.begin(), policy.tasks.end(), task) - policy.tasks.begin();
      double error = 0;
      for (size_t d = 0; d < found.size(); ++d) {
        const double unit = policy.classes ? 1 : policy.array("tasks/actions.halfRange")[k][d];
        error = std::max(error, std::abs(found[d] - part(way, row)[d]) / unit);
      }
      // Two candidates whose values are equal to the last digit may change places: 2 rows of 256.
      if (error <= 1e-4) greatest = std::max(greatest, error);
      else ++far;
    }
    agrees = agrees && far <= rows / 100;
    std::printf("%s: greatest error %.1e of %zu rows, %zu elsewhere\n", way.c_str(), greatest, rows, far);
  }
  return agrees ? 0 : 1;
}
#endif  // CUGRO_SELF_TEST
#endif  // CUGRO_POLICY_HPP
