/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "abi/protocol/service.h"
#include "device/device.h"
#include "device/net/net.h"
#include "device/net/seccomp.h"

/*
 * The loop.  A guest keeps one turn unanswered: while there is nothing to say,
 * the device holds it and waits without a post, for exo and for its sockets
 * alike.  When something happens it submits the answer at once, and the same
 * exchange waits for the guest's next turn.
 */

#define EVENTS_MAX     256
#define LINGER_TICK_MS 1000

static struct device device;
static struct net net;

/* The turn that is held: its header, as far as a reply needs it. */
static struct bh_record held;
static bool is_held;

/* Earlier turns may have been answered in the same batch; those answers are
 * small, and waiting for a next turn might be for ever. */
static uint32_t payload_room(void)
{
	uint32_t room = device.start.submission_size -
	                (uint32_t)sizeof(*device.submission) -
	                device.submission->bytes - (uint32_t)sizeof(held);

	return room < BH_DEVICE_PAYLOAD_MAX ? room & ~7u
	                                    : BH_DEVICE_PAYLOAD_MAX;
}

static void answer_held(void)
{
	uint32_t room = payload_room();
	struct bh_record *reply = device_reply(&device, &held, room);
	uint32_t size;

	if (!reply)
		return; /* the batch is full: with the next one */
	reply->value[0] = net.generation;
	size = net_collect(&net, (uint8_t *)(reply + 1), room);
	if (size == 0 && !device_has_requests(&device))
		return; /* what seemed to be news was none */
	device_reply_end(&device, size);
	is_held = false;
}

/* An answer without events takes so little room that it always fits: there are
 * no more turns than the channel has credit. */
static void answer_without_events(const struct bh_record *turn, int status)
{
	struct bh_record *reply = device_reply(&device, turn, 0);

	if (!reply)
		return;
	reply->status = status;
	reply->value[0] = net.generation;
	device_reply_end(&device, 0);
}

static void take_turn(const struct bh_record *turn)
{
	const uint8_t *commands = (const uint8_t *)(turn + 1);
	size_t size = device_payload_size(turn);

	if (is_held)
		answer_without_events(&held, 0);
	is_held = false;
	if (turn->type != BH_NET_TURN || turn->value[1] || turn->value[2] ||
	    turn->value[3] || net_turn_check(commands, size)) {
		answer_without_events(turn, -BH_EINVAL);
		return;
	}
	held = *turn;
	is_held = true;
	if (turn->value[0] != net.generation) {
		net_reset(&net);
		net.hello = true;
		return;
	}
	net_act(&net, commands, size);
}

static void take_events(int timeout)
{
	struct epoll_event events[EVENTS_MAX];
	int count =
	        epoll_pwait(device.epoll, events, EVENTS_MAX, timeout, NULL);

	for (int i = 0; i < count; i++)
		if (events[i].data.u64 != DEVICE_WAKE)
			net_on_epoll(&net, events[i].data.u64,
			             events[i].events);
	if (net.lingering)
		net_expire(&net, device_now());
}

static void sleep_once(void)
{
	if (device_may_sleep(&device))
		take_events(net.lingering ? LINGER_TICK_MS : -1);
	device_has_woken(&device);
}

/*
 * Waits for the next turn; meanwhile the sockets are looked after.  While a turn
 * is held there may be none: what is ready leaves, and nothing is waited for,
 * since the held one cannot be answered before this exchange is.
 */
static void exchange(void)
{
	device_post(&device, is_held ? BH_WAIT_NONE : BH_WAIT_ANY);
	if (!device_look(&device))
		while (!device_is_answered(&device))
			sleep_once();
	device_begin(&device);
}

static void serve(void)
{
	const struct bh_record *turn;

	device_begin(&device);
	for (;;) {
		while ((turn = device_next(&device)))
			take_turn(turn);
		take_events(0);
		if (is_held && net_has_events(&net))
			answer_held();
		while (is_held && device.submission->count == 0) {
			if (net_has_events(&net) ||
			    device_has_requests(&device))
				answer_held();
			else
				sleep_once();
		}
		exchange();
	}
}

static void enter_sandbox(void)
{
	static uint16_t ports[BH_DEVICE_NET_TARGETS_MAX];
	struct bh_sandbox sandbox = {.connect_ports = ports};

	for (uint32_t i = 0; i < net.config.target_count; i++)
		if (!net.config.targets[i].datagram)
			ports[sandbox.connect_count++] =
			        net.config.targets[i].address.port;
	device_enter_sandbox(&device, &sandbox);
}

static void watch_ports(void)
{
	for (uint32_t i = 0; i < net.config.port_count; i++) {
		struct epoll_event event = {.events = EPOLLIN | EPOLLET,
		                            .data.u64 = NET_EPOLL_PORT | i};

		if (epoll_ctl(device.epoll, EPOLL_CTL_ADD, net.ports[i].fd,
		              &event))
			device_fail(&device, "port %u: %s",
			            net.config.ports[i].guest_port,
			            strerror(errno));
	}
}

int main(void)
{
	const struct bh_seccomp_rule *rules;
	size_t count;

	device_open(&device, &net.config, sizeof(net.config), true);
	if (net_config_check(&net.config, device.start.descriptor_count))
		device_fail(&device, "start block: impossible configuration");
	enter_sandbox();
	if (net_init(&net, device.epoll, device.start.generation))
		device_fail(&device, "no memory for unsent bytes");
	watch_ports();
	rules = net_seccomp_rules(net.config.target_count > 0, &count);
	device_seal(&device, rules, count);
	device_start(&device);
	serve();
}
