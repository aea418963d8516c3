// The slots of one array: a firing takes the slots 0 ... length - 1 in consecutive cycles, the
// first in the cycle in which it is fired. Counts busy cycles, and the cycles in which work waited
// for operands or for room.
module weft_issuer #(
  parameter int unsigned STEPS = 5
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             clear_i,
  input  logic             run_i,
  // one-hot; only while free_o
  input  logic [STEPS-1:0] fire_i,
  input  logic [7:0]       length_i,      // of what is fired
  input  logic [STEPS-1:0] data_ready_i,  // operands are there, whatever room there is
  output logic             free_o,
  output logic             active_o,      // a slot is issued in this cycle
  output logic             last_o,        // and it is the firing's last
  output logic [STEPS-1:0] step_o,        // one-hot
  output logic [7:0]       slot_o,
  output logic [63:0]      busy_cycles_o,
  output logic [63:0]      stall_in_cycles_o,
  output logic [63:0]      stall_out_cycles_o,
  output logic [63:0]      tiles_o
);
  logic busy_q;
  logic [STEPS-1:0] step_q;
  logic [7:0] slot_q, length_q;
  logic fires;
  assign fires = |fire_i;
  assign free_o = !busy_q;
  assign active_o = busy_q || fires;
  assign step_o = busy_q ? step_q : fire_i;
  assign slot_o = busy_q ? slot_q : 8'b0;
  assign last_o = busy_q ? slot_q + 8'd1 == length_q : fires && length_i == 8'd1;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      busy_q <= 1'b0;
      step_q <= '0;
      slot_q <= '0;
      length_q <= '0;
    end else begin
      busy_q <= active_o && !last_o;
      slot_q <= slot_o + 8'd1;
      if (fires) begin
        step_q <= fire_i;
        length_q <= length_i;
      end
    end
  end

  // A wait is charged to the step that ends it: for operands until these were there, for room from
  // then on.
  logic [31:0] wait_q;
  logic [STEPS*32-1:0] rooms_q;
  logic [31:0] room_wait;  // of the step that fires
  for (genvar s = 0; s < STEPS; s++) begin : gen_room
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) rooms_q[s*32+:32] <= '0;
      else if (clear_i || active_o) rooms_q[s*32+:32] <= '0;
      else if (run_i && data_ready_i[s]) rooms_q[s*32+:32] <= rooms_q[s*32+:32] + 32'd1;
    end
  end
  always_comb begin
    room_wait = '0;
    for (int unsigned s = 0; s < STEPS; s++) begin
      if (fire_i[s]) room_wait |= rooms_q[s*32+:32];
    end
  end
  logic [31:0] operand_wait;
  assign operand_wait = wait_q - room_wait;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      wait_q <= '0;
      busy_cycles_o <= '0;
      stall_in_cycles_o <= '0;
      stall_out_cycles_o <= '0;
      tiles_o <= '0;
    end else if (clear_i) begin
      wait_q <= '0;
      busy_cycles_o <= '0;
      stall_in_cycles_o <= '0;
      stall_out_cycles_o <= '0;
      tiles_o <= '0;
    end else if (run_i) begin
      wait_q <= active_o ? '0 : wait_q + 32'd1;
      busy_cycles_o <= busy_cycles_o + 64'(active_o);
      tiles_o <= tiles_o + 64'(fires);
      if (fires) begin
        stall_in_cycles_o <= stall_in_cycles_o + 64'(operand_wait);
        stall_out_cycles_o <= stall_out_cycles_o + 64'(room_wait);
      end
    end
  end

`ifndef SYNTHESIS
  a_one : assert property (@(posedge clk_i) disable iff (!rst_ni) $onehot0(fire_i));
  a_free : assert property (@(posedge clk_i) disable iff (!rst_ni) |fire_i |-> !busy_q);
`endif
endmodule
